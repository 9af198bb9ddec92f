/**
 * `npm run build`: five programs, each bundled with its packages on its own, so that none loads what only another one
 * needs. dist/main.js, for old syntax, knows `drover status` by itself and loads one of the others when it is needed:
 * cli.mjs with the commands, doctor.mjs, daemon.mjs, or foreground.mjs, which is the daemon without the commands. The
 * demo preset starts demo-agent.mjs. main.js is CommonJS, which Node.js starts 3 ms sooner than a module: a tenth of the whole
 * command. Data files lie beside the code under their own name. `--out=FOLDER` builds somewhere else,
 * `--version=X.Y.Z` under another version than that of the sources: with both, tests of upgrades have two drovers to go
 * between.
 */
import { chmod, copyFile, glob, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { builtinsAsTheyAre, loadedOnDemand, withoutUnused, withVersion } from './build-plugins.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true, // the text of a module stays in memory as long as the module
  sourcemap: true,
  logLevel: 'warning',
};

/** Packages in CommonJS call `require` for the platform's own modules. */
const requireBanner =
  "import { createRequire as droverRequire } from 'node:module'; const require = droverRequire(import.meta.url);";
const modern: BuildOptions = {
  ...shared,
  outExtension: { '.js': '.mjs' },
  target: 'node22.13',
  banner: { js: requireBanner },
};

/** See scripts/fetch-globals.ts. */
const fetchOnDemand: Record<string, string> = {
  global: 'fetchGlobals',
  'globalThis.CloseEvent': 'undefined', // of WebSockets: @hono/node-server then brings its own
};
for (const name of ['Request', 'Response', 'Headers']) {
  for (const use of [name, `globalThis.${name}`]) fetchOnDemand[use] = `fetchGlobals.${name}`;
}

/** What may be other than `npm run build` has it. */
export type ProductOptions = {
  readonly version?: string | undefined;
  /** Go before all others, and into each of the programs. */
  readonly plugins?: readonly Plugin[];
};

/** Builds the product into the folder `dist`, which is emptied first. */
export async function buildProduct(
  dist: string,
  { version, plugins = [] }: ProductOptions = {},
): Promise<void> {
  const first = version === undefined ? plugins : [withVersion(version), ...plugins];
  const bundle = (options: BuildOptions) =>
    build({ ...options, outdir: dist, plugins: [...first, ...(options.plugins ?? [])] });
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  await Promise.all([
    bundle({
      ...shared,
      entryPoints: ['src/main.ts'],
      format: 'cjs',
      target: 'node12.20',
      logOverride: { 'empty-import-meta': 'silent' }, // in files of which nothing is left in the end
      plugins: [
        loadedOnDemand(/^\.\/cli\/process\.ts$/, './cli.mjs'),
        loadedOnDemand(/^\.\/cli\/foreground\.ts$/, './foreground.mjs'),
      ],
    }),
    bundle({
      ...modern,
      entryPoints: [{ in: 'src/cli/process.ts', out: 'cli' }],
      plugins: [
        loadedOnDemand(/\/daemon\/index\.ts$/, './daemon.mjs'),
        loadedOnDemand(/\/doctor\/index\.ts$/, './doctor.mjs'),
        builtinsAsTheyAre,
      ],
    }),
    bundle({
      ...modern,
      entryPoints: [{ in: 'src/doctor/index.ts', out: 'doctor' }],
      plugins: [builtinsAsTheyAre],
    }),
    bundle({
      ...modern,
      entryPoints: [
        { in: 'src/daemon/index.ts', out: 'daemon' },
        { in: 'src/cli/foreground.ts', out: 'foreground' },
      ],
      splitting: true,
      chunkNames: 'chunk-[hash]',
      inject: [`${root}scripts/fetch-globals.ts`],
      define: fetchOnDemand,
      plugins: [loadedOnDemand(/^\.\/process\.ts$/, './cli.mjs'), withoutUnused, builtinsAsTheyAre],
    }),
    bundle({ ...modern, entryPoints: [{ in: 'src/demo/agent.ts', out: 'demo-agent' }] }),
  ]);
  for await (const file of glob('src/**/*.sh', { cwd: root })) {
    await copyFile(`${root}${file}`, `${dist}/${basename(file)}`);
  }
  for await (const file of glob('service-templates/*', { cwd: root })) {
    await copyFile(`${root}${file}`, `${dist}/${basename(file)}`);
  }
  await writeFile(`${dist}/package.json`, '{ "type": "commonjs" }\n');
  await chmod(`${dist}/main.js`, 0o755);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string' }, version: { type: 'string' } } });
  await buildProduct(values.out ?? `${root}dist`, { version: values.version });
}
