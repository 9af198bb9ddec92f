/**
 * Bundled into dist/daemon.mjs in the place of the global object, as far as it is asked for Request, Response and Headers.
 * Node.js loads the whole of its `fetch` (12 MB of a bare process) when one of them is first read, and @hono/node-server
 * reads all three when it is imported, to make light ones of its own, which it then puts in their place: here, not on
 * the real global object. The stand-ins can be inherited from and asked with `instanceof`; the platform's own are loaded
 * when one is really to be made.
 */
type Constructor = new (...args: never[]) => object;

const own: object = {};

/** What `global` means in dist/daemon.mjs. The rest is asked of the real one: getters such as `crypto` refuse any other `this`. */
export const fetchGlobals: object = new Proxy(own, {
  get: (_, key) => Reflect.get(Object.hasOwn(own, key) ? own : globalThis, key),
  has: (_, key) => key in own || key in globalThis,
});

for (const name of ['Request', 'Response', 'Headers']) {
  Object.defineProperty(fetchGlobals, name, { value: standIn(name), configurable: true, writable: true });
}

/** A constructor that becomes the platform's own at the first use that needs it. */
function standIn(name: string): unknown {
  const prototype = {};
  let real: Constructor | null = null;
  const load = (): Constructor => {
    if (real === null) {
      real = Reflect.get(globalThis, name) as Constructor;
      Object.setPrototypeOf(prototype, real.prototype); // what inherits from the stand-in has its methods now
    }
    return real;
  };
  const isOne = (value: unknown) =>
    Object.prototype.isPrototypeOf.call(prototype, value as object) ||
    (real !== null && value instanceof real);
  const proxy: Constructor = new Proxy(function standIn() {} as unknown as Constructor, {
    construct: (_, args, target) =>
      Reflect.construct(load(), args as never[], target === proxy ? load() : target),
    get: (_, key) => {
      if (key === 'prototype') return prototype;
      return key === Symbol.hasInstance ? isOne : Reflect.get(load(), key);
    },
  });
  return proxy;
}
