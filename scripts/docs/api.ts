import type { z } from 'zod';
import {
  aliasRoutes,
  applyResult,
  approval,
  event,
  plan,
  planSummary,
  pruneResult,
  type RouteSpec,
  reloadResult,
  repo,
  routes,
  run,
  sentInput,
  signal,
  status,
  usageReport,
  worker,
  worktree,
} from '../../src/contract/index.ts';
import { generated, markdownTable } from './markdown.ts';
import { inputSchema, type JsonSchema, typeInWords } from './schema.ts';

const accessInWords = {
  open: 'no token',
  read: 'any valid token',
  write: 'a token that may write',
  run: 'a token that may write, or the own one of a run',
} as const;

/** docs/api.md: every route. */
export function apiPage(): string {
  const specs: readonly RouteSpec[] = Object.values(routes);
  return [
    generated,
    '# HTTP API\n\n',
    'HTTP/1.1 on the Unix socket, and on TCP when `addr` is set. JSON in snake_case, times in RFC 3339 UTC with milliseconds. Errors are problem documents ([errors](errors.md)), streams carry [events](events.md), lists are `{items, next_cursor}`. `GET /v1/openapi.json` says the same for machines. Over the socket a caller without a token is admin.\n\n',
    '```sh\ncurl --unix-socket "$XDG_RUNTIME_DIR/drover/drover.sock" http://localhost/v1/status\n```\n',
    ...specs.map(routeSection),
    '\n## Resources\n',
    ...[
      run,
      worker,
      repo,
      approval,
      event,
      worktree,
      pruneResult,
      planSummary,
      plan,
      signal,
      status,
      sentInput,
      applyResult,
      reloadResult,
      usageReport,
    ].map(resourceSection),
    '\n## Paths of other daemons\n\nThese answer too, in the shape that their own documentation gives.\n\n',
    markdownTable(
      ['Path', 'Does the work of'],
      aliasRoutes.map((alias) => [
        `\`${alias.method} ${alias.path}\``,
        `\`${routes[alias.route].method} ${routes[alias.route].path}\``,
      ]),
    ),
  ].join('');
}

function routeSection(spec: RouteSpec): string {
  const errors = spec.errors.map((code) => `[\`${code}\`](errors.md#${code})`).join(', ');
  const answer =
    typeof spec.response === 'string' ? `\`${spec.response}\`` : answerInWords(inputSchema(spec.response));
  return [
    `\n## ${spec.method} ${spec.path}\n\n`,
    `${spec.summary}. Needs ${accessInWords[spec.access]}. Answers ${spec.status}: ${answer}.`,
    spec.idempotent ? ' Honours `Idempotency-Key`.' : '',
    errors === '' ? '' : ` Errors of its own: ${errors}.`,
    '\n',
    spec.query === undefined ? '' : `\nQuery:\n\n${keyTable(spec.query)}`,
    spec.body === undefined ? '' : `\nBody:\n\n${keyTable(spec.body)}`,
  ].join('');
}

function resourceSection(schema: z.ZodType): string {
  return `\n### ${inputSchema(schema).id}\n\n${keyTable(schema, { marksRequired: false })}`;
}

function keyTable(schema: z.ZodType, { marksRequired = true } = {}): string {
  const json = inputSchema(schema);
  return markdownTable(
    ['Key', 'Type', ''],
    Object.entries(json.properties ?? {}).map(([name, key]) => [
      `\`${name}\`${marksRequired && json.required?.includes(name) ? ' (required)' : ''}`,
      typeInWords(key),
      [key.description ?? '', defaultOf(key)].filter((part) => part !== '').join('. '),
    ]),
  );
}

function defaultOf(key: JsonSchema): string {
  if (key.default === undefined) return '';
  return key.default === '' ? 'Default: empty' : `Default \`${String(key.default)}\``;
}

function answerInWords(schema: JsonSchema): string {
  if (schema.id !== undefined) return `[${schema.id}](#${schema.id.toLowerCase()})`;
  if (schema.properties === undefined) return 'an object';
  return `\`{${Object.keys(schema.properties).join(', ')}}\``;
}
