/** What the build does to imports; each spares a start of drover time or memory. docs/benchmarks.md has the figures. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Plugin } from 'esbuild';

const require = createRequire(import.meta.url);

/** An import that stays an import of a file beside this one. */
export function loadedOnDemand(filter: RegExp, path: string): Plugin {
  return {
    name: `load ${path} on demand`,
    setup: ({ onResolve }) => onResolve({ filter }, () => ({ path, external: true })),
  };
}

/**
 * The platform's modules without their ES module side: `import` of one reads every export, also those behind a getter,
 * and so `node:http` would load the whole of `fetch` for the sake of its `WebSocket`.
 */
export const builtinsAsTheyAre: Plugin = {
  name: 'builtins as they are',
  setup: ({ onResolve, onLoad }) => {
    const namespace = 'builtin';
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'import-statement' && path !== 'node:module'
        ? { path, namespace, sideEffects: false }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace }, ({ path }) => {
      const module = require(path) as object;
      const names = Object.entries(Object.getOwnPropertyDescriptors(module))
        .filter(([name, { get }]) => get === undefined && /^[A-Za-z_]\w*$/.test(name) && name !== 'default')
        .map(
          ([name]) =>
            `const its_${name} = /* @__PURE__ */ (() => it.${name})(); export { its_${name} as ${name} };`,
        );
      const contents = [
        `const it = /* @__PURE__ */ process.getBuiltinModule(${JSON.stringify(path)});`,
        'export default it;',
        ...names,
      ].join('\n');
      return { contents, loader: 'js' };
    });
  },
};

/** The header by which @hono/node-server knows that a handler has written the answer itself. */
const alreadySent = `
const headers = Object.create(Headers.prototype);
headers.has = () => false;
headers[Symbol.iterator] = () => [['x-hono-already-sent', 'true']].values();
export const RESPONSE_ALREADY_SENT = { status: 200, body: null, headers };
`;

/** Parts of packages that drover never comes to, or only to something smaller, and what stands in their place. */
const unused: Readonly<Record<string, string>> = {
  // pino's own ways to write, in a worker thread or into a file: the daemon's log writes its lines itself
  'thread-stream': 'module.exports = class ThreadStream {};',
  'sonic-boom': 'module.exports = class SonicBoom {};',
  worker_threads: 'exports.isMainThread = true;',
  // what @hono/node-server asks of a request to know whether it is HTTP/2: none is
  'node:http2': 'export class Http2ServerRequest {}\nexport const constants = {};',
  // a Response of the platform, made at import: see fetch-globals.ts
  '@hono/node-server/utils/response': alreadySent,
};

/** Leaves out what is loaded but never used. */
export const withoutUnused: Plugin = {
  name: 'without what is never used',
  setup: ({ onResolve, onLoad }) => {
    const namespace = 'unused';
    const filter = new RegExp(`^(${Object.keys(unused).join('|')})$`);
    onResolve({ filter }, ({ path }) => ({ path, namespace }));
    onLoad({ filter, namespace }, ({ path }) => ({ contents: unused[path] ?? '', loader: 'js' }));
  },
};

/** The product under another version. */
export function withVersion(version: string): Plugin {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) throw new Error(`'${version}' is not a version`);
  return {
    name: `version ${version}`,
    setup: ({ onLoad }) =>
      onLoad({ filter: /\/src\/contract\/version\.ts$/ }, async ({ path }) => ({
        contents: (await readFile(path, 'utf8')).replace(
          /^export const version = .*$/m,
          `export const version = ${JSON.stringify(version)};`,
        ),
        loader: 'ts',
      })),
  };
}
