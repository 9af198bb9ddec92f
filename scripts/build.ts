/**
 * `npm run build`: dist/main.js, one file for old syntax that knows `drover status` by itself, and dist/cli.mjs with the
 * chunks it loads when they are needed. main.js is CommonJS, which Node.js starts 3 ms sooner than a module: a tenth of
 * the whole command. Packages are bundled; data files lie beside the code under their own name.
 * `--out=FOLDER` builds somewhere else.
 */
import { chmod, copyFile, glob, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = process.argv.find((arg) => arg.startsWith('--out='))?.slice('--out='.length) ?? `${root}dist`;

const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  outdir: dist,
  minifySyntax: true,
  sourcemap: true,
  logLevel: 'warning',
};

/** Packages in CommonJS call `require` for the platform's own modules. */
const requireBanner =
  "import { createRequire as droverRequire } from 'node:module'; const require = droverRequire(import.meta.url);";

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await Promise.all([
  build({
    ...shared,
    entryPoints: ['src/main.ts'],
    format: 'cjs',
    target: 'node12.20',
    minifyWhitespace: true,
    plugins: [
      {
        name: 'the rest is loaded on demand',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^\.\/cli\/process\.ts$/ }, () => ({ path: './cli.mjs', external: true })),
      },
    ],
  }),
  build({
    ...shared,
    entryPoints: [
      { in: 'src/cli/process.ts', out: 'cli' },
      { in: 'src/demo/agent.ts', out: 'demo-agent' },
    ],
    outExtension: { '.js': '.mjs' },
    target: 'node22.13',
    splitting: true,
    chunkNames: 'chunk-[hash]',
    banner: { js: requireBanner },
  }),
]);
for await (const file of glob('src/**/*.sh', { cwd: root })) {
  await copyFile(`${root}${file}`, `${dist}/${basename(file)}`);
}
await writeFile(`${dist}/package.json`, '{ "type": "commonjs" }\n');
await chmod(`${dist}/main.js`, 0o755);
