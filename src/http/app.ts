import type { IncomingMessage, ServerResponse } from 'node:http';
import { Hono } from 'hono';
import type { Log } from '../base/index.ts';
import {
  type AliasRoute,
  AppError,
  aliasRoutes,
  isWrite,
  type RouteSpec,
  routes,
} from '../contract/index.ts';
import { type DispatchOptions, dispatch, type Matched } from './dispatch.ts';
import { problemResponse } from './errors.ts';
import type { Admission } from './listen/index.ts';
import { patternOf } from './path-pattern.ts';
import { handlers } from './routes/registry.ts';

/** What the door hands to the router with each request. */
export type AppEnv = {
  Bindings: { incoming: IncomingMessage; outgoing: ServerResponse; admission: Admission };
};

export type App = Hono<AppEnv>;

/**
 * Builds the router: every route of the contract, then the reference pages' own paths. Throws at start-up when a route
 * has no handler, or when a route that writes could be reached with GET, because the guard tells rights by the method.
 */
export function createApp(options: DispatchOptions, log: Log): App {
  const app: App = new Hono<AppEnv>();
  const paths: { method: string; pattern: RegExp }[] = [];
  const register = (method: string, path: string, route: RouteSpec, alias: AliasRoute | null) => {
    const handler = (handlers as Record<string, unknown>)[route.id] as Matched['handler'] | undefined;
    if (handler === undefined) throw new Error(`Route ${route.id} has no handler`);
    assertAccess(route, method, alias);
    paths.push({ method, pattern: patternOf(path) });
    const hasParams = path.includes('{');
    app.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), (c) => {
      const params: Record<string, string> = hasParams ? c.req.param() : {};
      return dispatch({ route, alias, handler, params, path: c.req.path, ...c.env }, options);
    });
  };
  for (const route of Object.values(routes)) register(route.method, route.path, route, null);
  for (const alias of aliasRoutes) register(alias.method, alias.path, routes[alias.route], alias);
  app.notFound((c) => problemResponse(nothingThere(c.req.method, c.req.path, paths), log));
  app.onError((error) => problemResponse(error, log));
  return app;
}

/** The guard lets a run's token through for a POST alone; a GET of an alias may be any read. */
function assertAccess({ id, access }: RouteSpec, method: string, alias: AliasRoute | null): void {
  const mayChange = method !== 'GET';
  const fits = alias === null ? isWrite(access) === mayChange : mayChange || !isWrite(access);
  if (!fits || (access === 'run' && method !== 'POST')) throw new Error(`Route ${id} has the wrong access`);
}

function nothingThere(method: string, path: string, paths: readonly { method: string; pattern: RegExp }[]) {
  const methods = new Set(paths.filter(({ pattern }) => pattern.test(path)).map((known) => known.method));
  if (methods.size === 0) {
    return new AppError('not_found', `There is no route ${method} ${path}`, {
      hint: absentPaths.get(`${method} ${path}`) ?? 'see GET /v1/openapi.json for what there is',
    });
  }
  if (methods.has('GET')) methods.add('HEAD');
  const allow = [...methods].sort().join(', ');
  return new AppError('method_not_allowed', `${path} does not take ${method}`, {
    hint: `it takes ${allow}`,
    fields: { allow },
  });
}

/** What a reference page documents and this daemon cannot do to itself, with what does it. */
const absentPaths: ReadonlyMap<string, string> = new Map([
  [
    'POST /api/v1/daemon/restart',
    'a daemon cannot restart itself over HTTP; on its machine run: drover daemon restart',
  ],
]);
