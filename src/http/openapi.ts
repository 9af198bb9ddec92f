import * as z from 'zod';
import { type ErrorCode, errorCodes, isWrite, problem, type RouteSpec, routes } from '../contract/index.ts';

type Schema = { [key: string]: unknown };

/** What any route can answer besides its own errors. */
const commonErrors: readonly ErrorCode[] = [
  'invalid_request',
  'unauthorized',
  'origin_refused',
  'busy',
  'internal',
];
const writeErrors: readonly ErrorCode[] = [
  'forbidden',
  'invalid_json',
  'body_too_large',
  'unsupported_media_type',
];
const idempotencyErrors: readonly ErrorCode[] = ['idempotency_mismatch', 'idempotency_in_flight'];

/** The API as OpenAPI 3.1, from the same routes and schemas that serve and validate. */
export function openApi(version: string): Record<string, unknown> {
  const components: Record<string, Schema> = {};
  const paths: Record<string, Schema> = {};
  const toSchema = (schema: z.ZodType, io: 'input' | 'output') => jsonSchema(schema, { io, components });
  for (const route of Object.values(routes) as RouteSpec[]) {
    const path = paths[route.path] ?? {};
    path[route.method.toLowerCase()] = operation(route, toSchema);
    paths[route.path] = path;
  }
  toSchema(problem, 'output');
  return {
    openapi: '3.1.0',
    info: {
      title: 'drover',
      version,
      description: 'Over the Unix socket no token is needed; over TCP a Bearer token is.',
    },
    paths,
    components: {
      schemas: components,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
    security: [{}, { bearer: [] }],
  };
}

type ToSchema = (schema: z.ZodType, io: 'input' | 'output') => Schema;

function operation(route: RouteSpec, toSchema: ToSchema): Schema {
  return {
    operationId: route.id,
    summary: route.summary,
    ...(route.access === 'open' ? { security: [] } : {}),
    parameters: parametersOf(route, toSchema),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: !isOptional(route.body), content: json(toSchema(route.body, 'input')) } }),
    responses: { [route.status]: success(route, toSchema), ...failures(route) },
  };
}

/** True for a body that may be left out. */
function isOptional(body: z.ZodType): boolean {
  return body.safeParse(undefined).success;
}

function parametersOf(route: RouteSpec, toSchema: ToSchema): Schema[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const query = route.query === undefined ? {} : toSchema(route.query, 'input');
  const inQuery = Object.entries((query.properties ?? {}) as Record<string, Schema>).map(
    ([name, schema]) => ({
      name,
      in: 'query',
      required: false,
      schema,
    }),
  );
  const key = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    schema: { type: 'string', maxLength: 255 },
  };
  return [...inPath, ...inQuery, ...(route.idempotent === true ? [key] : [])];
}

function success(route: RouteSpec, toSchema: ToSchema): Schema {
  const { response } = route;
  const content =
    typeof response === 'string'
      ? { [response]: { schema: { type: 'string' } } }
      : json(toSchema(response, 'output'));
  return { description: route.summary, content };
}

function failures(route: RouteSpec): Schema {
  const codes = new Set<ErrorCode>([
    ...route.errors,
    ...commonErrors,
    ...(isWrite(route.access) ? writeErrors : []),
    ...(route.idempotent === true ? idempotencyErrors : []),
  ]);
  const byStatus = Map.groupBy(codes, (code) => errorCodes[code].status);
  const entries = [...byStatus].map(([status, list]) => [
    String(status),
    {
      description: list.map((code) => `\`${code}\`: ${errorCodes[code].about}`).join('\n\n'),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]);
  return Object.fromEntries(entries) as Schema;
}

function json(schema: Schema): Schema {
  return { 'application/json': { schema } };
}

/** A schema as JSON Schema; the named ones inside it go to `components` and are referred to. */
function jsonSchema(
  schema: z.ZodType,
  options: { readonly io: 'input' | 'output'; readonly components: Record<string, Schema> },
): Schema {
  const made = z.toJSONSchema(z.object({ it: schema }), { io: options.io, unrepresentable: 'any' });
  const text = JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/');
  const whole = JSON.parse(text) as { properties: { it: Schema }; $defs?: Record<string, Schema> };
  for (const [name, definition] of Object.entries(whole.$defs ?? {})) {
    const { id: _id, ...rest } = definition;
    options.components[name] = rest;
  }
  return whole.properties.it;
}
