import { adminToken, readToken, runToken } from './fake-services.ts';

/** A request before it is spoilt. */
export type Target = {
  readonly transport: 'socket' | 'tcp';
  readonly method: string;
  readonly path: string;
  readonly host: string;
};

export type Shape = {
  readonly name: string;
  /** Where the shape is hostile at all; both unless told. */
  readonly when?: (target: Target) => boolean;
  readonly bytes: (target: Target) => string;
};

type Parts = {
  method?: string;
  path?: string;
  host?: readonly string[];
  auth?: readonly string[];
  headers?: readonly string[];
  body?: string;
};

/** A good request over this transport, except for the parts given. Over TCP it carries the admin token. */
export function requestBytes(target: Target, parts: Parts = {}): string {
  const auth = parts.auth ?? (target.transport === 'tcp' ? [`Authorization: Bearer ${adminToken}`] : []);
  const lines = [
    `${parts.method ?? target.method} ${parts.path ?? target.path} HTTP/1.1`,
    ...(parts.host ?? [`Host: ${target.host}`]),
    ...auth,
    ...(parts.headers ?? []),
    ...(parts.body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(parts.body)}`]),
    'Connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n${parts.body ?? ''}`;
}

const withHeaders = (name: string, ...headers: string[]): Shape => ({
  name,
  bytes: (target) => requestBytes(target, { headers }),
});
const withHost = (name: string, ...host: string[]): Shape => ({
  name: `host: ${name}`,
  bytes: (target) => requestBytes(target, { host }),
});
const withTcpHost = (name: string, host: (target: Target) => string): Shape => ({
  name: `tcp host: ${name}`,
  when: ({ transport }) => transport === 'tcp',
  bytes: (target) => requestBytes(target, { host: [`Host: ${host(target)}`] }),
});
const withPath = (name: string, path: (path: string) => string): Shape => ({
  name: `target: ${name}`,
  bytes: (target) => requestBytes(target, { path: path(target.path) }),
});
const withAuth = (name: string, ...auth: string[]): Shape => ({
  name: `token: ${name}`,
  bytes: (target) => requestBytes(target, { auth }),
});
const withBody = (name: string, ...headers: string[]): Shape => ({
  name: `body: ${name}`,
  bytes: (target) => requestBytes(target, { headers, body: '{"prompt":"x"}' }),
});
const isWrite = ({ method }: Target) => method !== 'GET' && method !== 'HEAD';
/** What a run says of its plan: the only writes that its token is let through to. */
const isForRuns = ({ method, path }: Target) =>
  method === 'POST' && ['/v1/repos/demo/plans/auth/events', '/v1/repos/demo/signals'].includes(path);
const needsToken = ({ transport, path }: Target) =>
  transport === 'tcp' && path !== '/healthz' && path !== '/readyz';
const portOf = ({ host }: Target) => host.split(':')[1] ?? '';

/** Requests that must never reach a route, each hostile in one way and good in every other. */
export const hostileShapes: readonly Shape[] = [
  withHeaders('origin: foreign', 'Origin: https://evil.example'),
  withHeaders('origin: null', 'Origin: null'),
  withHeaders('origin: empty', 'Origin:'),
  withHeaders('origin: own name as a prefix', 'Origin: http://localhost.evil.example'),
  withHeaders('origin: another port of this machine', 'Origin: http://127.0.0.1:1'),
  withHeaders('origin: a development server', 'Origin: http://localhost:3000'),
  withHeaders('origin: file', 'Origin: file://'),
  withHeaders('origin: extension', 'Origin: chrome-extension://abcdefgh'),
  withHeaders('origin: upper case', 'ORIGIN: HTTPS://EVIL.EXAMPLE'),
  withHeaders('origin: twice', 'Origin: http://localhost', 'Origin: https://evil.example'),
  withHeaders('origin: list', 'Origin: http://localhost https://evil.example'),
  withHeaders('referer: foreign', 'Referer: https://evil.example/page'),
  withHeaders('referer: own name as user', 'Referer: http://localhost@evil.example/'),
  withHeaders('referer: own name as a prefix', 'Referer: http://localhost.evil.example/'),
  withHeaders('referer: no URL', 'Referer: nonsense'),
  withHeaders('referer: opaque', 'Referer: about:blank'),
  withHeaders('referer: empty', 'Referer:'),
  withHeaders('fetch: cross-site', 'Sec-Fetch-Site: cross-site'),
  withHeaders('fetch: same-site', 'Sec-Fetch-Site: same-site'),
  withHeaders('fetch: unknown site', 'Sec-Fetch-Site: maybe'),
  withHeaders('fetch: two sites', 'Sec-Fetch-Site: none', 'Sec-Fetch-Site: none'),
  withHeaders('fetch: navigation without site', 'Sec-Fetch-Mode: navigate'),
  withHeaders('fetch: no-cors without site', 'Sec-Fetch-Mode: no-cors'),
  withHeaders('fetch: websocket without site', 'Sec-Fetch-Mode: websocket'),
  withHeaders('fetch: iframe without site', 'Sec-Fetch-Dest: iframe'),
  withHeaders('fetch: script without site', 'Sec-Fetch-Dest: script'),
  withHeaders('fetch: user without site', 'Sec-Fetch-User: ?1'),
  withHeaders('preflight: method', 'Access-Control-Request-Method: POST'),
  withHeaders('preflight: headers', 'Access-Control-Request-Headers: content-type'),
  {
    name: 'preflight: as a browser sends it',
    bytes: (target) =>
      requestBytes(target, {
        method: 'OPTIONS',
        auth: [],
        headers: ['Origin: https://evil.example', `Access-Control-Request-Method: ${target.method}`],
      }),
  },
  withHeaders('form post', 'Origin: https://evil.example', 'Content-Type: application/x-www-form-urlencoded'),
  withHeaders(
    'websocket from a page',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    'Origin: https://evil.example',
  ),
  withHeaders('expect from a page', 'Expect: 100-continue', 'Origin: https://evil.example'),
  withHeaders('expect: unknown', 'Expect: something-else'),
  withHeaders('too many headers', ...Array.from({ length: 120 }, (_, index) => `X-${index}: 1`)),
  withHeaders('headers too large', `X-Large: ${'a'.repeat(17_000)}`),
  withHost('missing'),
  withHost('twice', 'Host: localhost', 'Host: localhost'),
  withHost('two names', 'Host: localhost', 'Host: evil.example'),
  withHost('empty', 'Host:'),
  withHost('with user', 'Host: localhost@evil.example'),
  withHost('with path', 'Host: localhost/evil'),
  withHost('with space', 'Host: localhost evil'),
  withHost('list', 'Host: localhost, evil.example'),
  withHost('port out of range', 'Host: localhost:99999'),
  withHost('port without digits', 'Host: localhost:http'),
  withTcpHost('rebinding', ({ host }) => `evil.example:${host.split(':')[1]}`),
  withTcpHost('own name as a prefix', (target) => `localhost.evil.example:${portOf(target)}`),
  withTcpHost('own address as a prefix', (target) => `127.0.0.1.evil.example:${portOf(target)}`),
  withTcpHost('trailing dot', (target) => `localhost.:${portOf(target)}`),
  withTcpHost('localhost6', (target) => `localhost6:${portOf(target)}`),
  withTcpHost('any address', (target) => `0.0.0.0:${portOf(target)}`),
  withTcpHost('another loopback', (target) => `127.0.0.2:${portOf(target)}`),
  withTcpHost('octal', (target) => `0177.0.0.1:${portOf(target)}`),
  withTcpHost('mapped', (target) => `[::ffff:127.0.0.1]:${portOf(target)}`),
  withTcpHost('another port', () => 'localhost:1'),
  withTcpHost('no port', () => 'localhost'),
  withPath('absolute', (path) => `http://localhost${path}`),
  withPath('absolute, foreign', (path) => `http://evil.example${path}`),
  withPath('double slash', (path) => `/${path}`),
  withPath('double slash inside', (path) => `${path}//`),
  withPath('parent', (path) => `/x/..${path}`),
  withPath('here', (path) => `/.${path}`),
  withPath('escaped parent', (path) => `/x/%2e%2e${path}`),
  withPath('escaped slash', (path) => `${path}%2f`),
  withPath('escaped NUL', (path) => `${path}%00`),
  withPath('escaped percent', (path) => `${path}%252e`),
  withPath('broken escape', (path) => `${path}%zz`),
  withPath('broken UTF-8', (path) => `${path}%ff`),
  withPath('backslash', (path) => path.replaceAll('/', '\\')),
  withPath('backslash inside', (path) => `/x\\..${path}`),
  withPath('parameter', (path) => `${path};x=1`),
  withPath('fragment', (path) => `${path}#x`),
  withPath('asterisk', () => '*'),
  withPath('too long', (path) => `${path}?${'a'.repeat(9000)}`),
  withAuth('wrong', 'Authorization: Bearer wrong'),
  withAuth('almost', `Authorization: Bearer ${adminToken}x`),
  withAuth('Basic', 'Authorization: Basic YWRtaW46YWRtaW4='),
  withAuth('empty', 'Authorization: Bearer'),
  withAuth('twice', `Authorization: Bearer ${adminToken}`, `Authorization: Bearer ${adminToken}`),
  withAuth('two in one', `Authorization: Bearer ${adminToken}, Bearer ${readToken}`),
  withAuth('no scheme', `Authorization: ${adminToken}`),
  { ...withAuth('read-only, to write', `Authorization: Bearer ${readToken}`), when: isWrite },
  {
    ...withAuth("a run's, to write", `Authorization: Bearer ${runToken}`),
    when: (target) => isWrite(target) && !isForRuns(target),
  },
  { ...withAuth('none'), when: needsToken },
  { ...withAuth('only a cookie', `Cookie: token=${adminToken}`), when: needsToken },
  { ...withAuth('in another header', `X-Api-Key: ${adminToken}`), when: needsToken },
  {
    name: 'token: in the query',
    when: needsToken,
    bytes: (target) => requestBytes(target, { auth: [], path: `${target.path}?token=${adminToken}` }),
  },
  withBody('form', 'Content-Type: application/x-www-form-urlencoded'),
  withBody('text', 'Content-Type: text/plain'),
  withBody('multipart', 'Content-Type: multipart/form-data; boundary=x'),
  withBody('no type'),
  withBody('two types', 'Content-Type: application/json', 'Content-Type: text/plain'),
  withBody('another JSON', 'Content-Type: application/json-patch+json'),
  withBody('JSON in another charset', 'Content-Type: application/json; charset=utf-16'),
  withBody('compressed', 'Content-Type: application/json', 'Content-Encoding: gzip'),
];
