/**
 * `npm run build`: five programs, each bundled with its packages on its own, so that none loads what only another one
 * needs. dist/main.js, for old syntax, knows `drover status` by itself and loads one of the others when it is needed:
 * cli.mjs with the commands, doctor.mjs, daemon.mjs, or foreground.mjs, which is the daemon without the commands. The
 * demo preset starts demo-agent.mjs. main.js is CommonJS, which Node.js starts 3 ms sooner than a module: a tenth of the whole
 * command. Data files lie beside the code under their own name. `--out=FOLDER` builds somewhere else.
 */
import { chmod, copyFile, glob, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { builtinsAsTheyAre, loadedOnDemand, withoutUnused } from './build-plugins.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = process.argv.find((arg) => arg.startsWith('--out='))?.slice('--out='.length) ?? `${root}dist`;

const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  outdir: dist,
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

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await Promise.all([
  build({
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
  build({
    ...modern,
    entryPoints: [{ in: 'src/cli/process.ts', out: 'cli' }],
    plugins: [
      loadedOnDemand(/\/daemon\/index\.ts$/, './daemon.mjs'),
      loadedOnDemand(/\/doctor\/index\.ts$/, './doctor.mjs'),
      builtinsAsTheyAre,
    ],
  }),
  build({
    ...modern,
    entryPoints: [{ in: 'src/doctor/index.ts', out: 'doctor' }],
    plugins: [builtinsAsTheyAre],
  }),
  build({
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
  build({ ...modern, entryPoints: [{ in: 'src/demo/agent.ts', out: 'demo-agent' }] }),
]);
for await (const file of glob('src/**/*.sh', { cwd: root })) {
  await copyFile(`${root}${file}`, `${dist}/${basename(file)}`);
}
for await (const file of glob('service-templates/*', { cwd: root })) {
  await copyFile(`${root}${file}`, `${dist}/${basename(file)}`);
}
await writeFile(`${dist}/package.json`, '{ "type": "commonjs" }\n');
await chmod(`${dist}/main.js`, 0o755);
