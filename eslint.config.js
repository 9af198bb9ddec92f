// Biome does the fast rules; this file holds only those that need types.
import tseslint from 'typescript-eslint';

// biome-ignore lint/style/noDefaultExport: the file format of ESLint
export default tseslint.config({
  files: ['src/**/*.ts', 'scripts/**/*.ts', 'test/**/*.ts'],
  languageOptions: {
    parser: tseslint.parser,
    parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
  },
  plugins: { '@typescript-eslint': tseslint.plugin },
  rules: {
    // tap awaits its own subtests
    '@typescript-eslint/no-floating-promises': [
      'error',
      {
        allowForKnownSafePromises: [{ from: 'package', name: 'PromiseWithSubtest', package: '@tapjs/core' }],
      },
    ],
    '@typescript-eslint/no-misused-promises': 'error',
    '@typescript-eslint/await-thenable': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    '@typescript-eslint/only-throw-error': 'error',
    'max-lines': ['error', { max: 400 }],
  },
});
