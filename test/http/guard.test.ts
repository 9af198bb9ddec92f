import t from 'tap';
import { judge, type RequestHead, type Rules, type Verdict } from '../../src/http/guard/index.ts';
import { call, raw, startServer } from '../support/http-server.ts';

const rules: Rules = {
  authMode: 'bearer',
  allowedHosts: ['drover.lan', 'proxy.lan:8443'],
  bound: { host: '127.0.0.1', port: 7433 },
};

function head(transport: RequestHead['transport'], headers: string, line = 'GET /v1/status'): RequestHead {
  const [method = '', url = ''] = line.split(' ');
  const rawHeaders = headers
    .split('|')
    .filter((header) => header !== '')
    .flatMap((header) => {
      const at = header.indexOf(':');
      return [header.slice(0, at), header.slice(at + 1).trim()];
    });
  return { transport, method, url, rawHeaders };
}

/** `anonymous write`, `token`, or the code of the refusal. */
function said(verdict: Verdict): string {
  if (verdict.kind === 'refuse') return verdict.error.code;
  return verdict.kind === 'token' ? 'token' : `anonymous ${verdict.may}`;
}

t.test('the grid of the socket', (t) => {
  const grid: [string, string][] = [
    ['Host: localhost', 'anonymous write'],
    ['Host: d', 'anonymous write'],
    ['Host: anything.example:80', 'anonymous write'],
    ['Host: [::1]:7433', 'anonymous write'],
    ['Host: localhost|Sec-Fetch-Mode: cors', 'anonymous write'],
    ['Host: localhost|Sec-Fetch-Site: none|Sec-Fetch-Mode: navigate', 'anonymous write'],
    ['Host: localhost|Sec-Fetch-Site: same-origin', 'anonymous write'],
    ['Host: localhost|Origin: http://localhost', 'anonymous write'],
    ['Host: evil.example|Origin: http://evil.example', 'origin_refused'],
    ['Host: localhost|Origin: https://localhost', 'origin_refused'],
    ['Host: localhost|Origin: null', 'origin_refused'],
    ['Host: localhost|Referer: http://localhost/page', 'anonymous write'],
    ['Host: localhost|Sec-Fetch-Site: cross-site', 'origin_refused'],
    ['Host: localhost|Authorization: Bearer abc', 'token'],
    ['Host: localhost|authorization: bearer abc', 'token'],
    ['Host: localhost|Authorization: Basic abc', 'unauthorized'],
    ['', 'invalid_request'],
    ['Host: a|Host: a', 'invalid_request'],
    ['Host: %calhost', 'invalid_request'],
    ['Host: 1.2.3.4.5', 'invalid_request'],
  ];

  for (const [headers, expected] of grid)
    t.equal(said(judge(head('socket', headers), rules)), expected, headers);
  t.end();
});

t.test('the grid of TCP', (t) => {
  const token = '|Authorization: Bearer abc';
  const grid: [string, string][] = [
    [`Host: 127.0.0.1:7433${token}`, 'token'],
    [`Host: localhost:7433${token}`, 'token'],
    [`Host: LOCALHOST:7433${token}`, 'token'],
    [`Host: [::1]:7433${token}`, 'token'],
    [`Host: drover.lan${token}`, 'token'],
    [`Host: drover.lan:7433${token}`, 'token'],
    [`Host: proxy.lan:8443${token}`, 'token'],
    [`Host: proxy.lan${token}`, 'origin_refused'],
    [`Host: drover.lan:1${token}`, 'origin_refused'],
    [`Host: localhost${token}`, 'origin_refused'],
    [`Host: evil.example:7433${token}`, 'origin_refused'],
    [`Host: drover.lan|Origin: https://drover.lan${token}`, 'token'],
    [`Host: 127.0.0.1:7433|Origin: http://127.0.0.1:7433${token}`, 'token'],
    [`Host: 127.0.0.1:7433|Origin: http://localhost:7433${token}`, 'origin_refused'],
    ['Host: 127.0.0.1:7433', 'unauthorized'],
    ['Host: 127.0.0.1:7433|Cookie: token=abc', 'unauthorized'],
  ];

  for (const [headers, expected] of grid)
    t.equal(said(judge(head('tcp', headers), rules)), expected, headers);
  const probe = (line: string) => said(judge(head('tcp', 'Host: localhost:7433', line), rules));
  t.equal(probe('GET /healthz'), 'anonymous nothing');
  t.equal(probe('HEAD /readyz?x=1'), 'anonymous nothing');
  t.equal(probe('POST /healthz'), 'unauthorized');
  t.equal(probe('GET /healthz/'), 'unauthorized');
  t.equal(probe('GET /health'), 'unauthorized');
  const open = { ...rules, authMode: 'none' as const };
  t.equal(said(judge(head('tcp', 'Host: localhost:7433'), open)), 'anonymous write');
  t.equal(said(judge(head('tcp', `Host: localhost:7433${token}`), open)), 'token');
  t.end();
});

t.test('content types', (t) => {
  const post = (headers: string) =>
    said(judge(head('socket', `Host: d|${headers}`, 'POST /v1/reload'), rules));

  t.equal(post(''), 'anonymous write', 'an empty POST needs none');
  t.equal(post('Content-Length: 0'), 'anonymous write');
  t.equal(post('Content-Length: 2|Content-Type: application/json'), 'anonymous write');
  t.equal(post('Content-Length: 2|Content-Type: Application/JSON; charset=UTF-8'), 'anonymous write');
  t.equal(post('Content-Length: 2'), 'unsupported_media_type');
  t.equal(post('Transfer-Encoding: chunked'), 'unsupported_media_type');
  t.equal(post('Content-Type: text/plain'), 'unsupported_media_type');
  t.end();
});

t.test('a route that is added to the router later is guarded like every other', async (t) => {
  const server = await startServer({ extend: (app) => app.all('/hole', (c) => c.text('reached')) });
  t.teardown(() => server.close());
  const tcp = { port: server.port };
  const fromPage = 'Host: localhost\r\nOrigin: https://evil.example\r\nConnection: close';
  const upgrade = `${fromPage}, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13`;

  t.equal((await call(server, 'GET', '/hole')).text, 'reached');
  t.equal((await call(tcp, 'GET', '/hole')).status, 401);
  t.equal(
    (await call(tcp, 'GET', '/no/such/path')).status,
    401,
    'nor does a stranger learn what is not there',
  );
  t.match(await raw(server, `GET /hole HTTP/1.1\r\n${fromPage}\r\n\r\n`), /^HTTP\/1.1 403/);
  t.match(await raw(server, `GET /hole HTTP/1.1\r\n${upgrade}\r\n\r\n`), /^HTTP\/1.1 403/);
  t.match(await raw(server, 'CONNECT /hole HTTP/1.1\r\nHost: localhost\r\n\r\n'), /^HTTP\/1.1 405/);
  const expecting = `POST /hole HTTP/1.1\r\n${fromPage}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`;
  const answer = await raw(server, expecting);
  t.match(answer, /^HTTP\/1.1 403/);
  t.notMatch(answer, /100 Continue|reached/);
});

t.test('rights: a read-only token and a run token read, and no more', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());

  for (const where of [{ socket: server.socket }, { port: server.port }]) {
    for (const token of ['read-token-of-the-fake', 'run-token-of-the-fake']) {
      const headers = { authorization: `Bearer ${token}` };
      t.equal((await call(where, 'GET', '/v1/status', { headers })).status, 200);
      t.match(await call(where, 'POST', '/v1/reload', { headers }), {
        status: 403,
        json: { code: 'forbidden' },
      });
      t.equal((await call(where, 'DELETE', '/v1/runs/x', { headers })).status, 403);
      const answer = {
        headers: { ...headers, 'content-type': 'application/json' },
        body: '{"decision":"allow"}',
      };
      t.equal(
        (await call(where, 'POST', '/v1/approvals/apr_1', answer)).status,
        403,
        'no run answers itself',
      );
    }
    const wrong = await call(where, 'GET', '/healthz', { headers: { authorization: 'Bearer nope' } });
    t.equal(wrong.status, 401, 'a token that is presented is checked, even on a probe');
    t.equal(wrong.headers['www-authenticate'], 'Bearer');
  }
  t.equal(server.services.calls.filter((name) => name !== 'status').length, 0);
});
