import t from 'tap';
import { fetchGlobals } from '../../scripts/fetch-globals.ts';

const { Request, Response, Headers } = fetchGlobals as typeof globalThis;
const isFetchLoaded = () =>
  (process as unknown as { moduleLoadList: string[] }).moduleLoadList.some((name) =>
    name.endsWith('/undici'),
  );

void t.test('the stand-ins can be inherited from and asked without loading fetch', async (t) => {
  class Light extends Request {}
  const light: unknown = Object.create(Light.prototype);

  t.ok(light instanceof Request);
  t.notOk({} instanceof Response);
  t.notOk(isFetchLoaded(), 'nothing was loaded');
});

void t.test('what is made of a stand-in is the platform’s own', async (t) => {
  const headers = new Headers({ a: 'b' });
  const response = new Response('text', { status: 201, headers });
  class Own extends Request {}
  const own = new Own('http://localhost/', { method: 'POST', body: 'x' });

  t.ok(isFetchLoaded());
  t.ok(headers instanceof globalThis.Headers);
  t.ok(response instanceof Response);
  t.ok(new globalThis.Response() instanceof Response, 'and the other way round');
  t.equal(await response.text(), 'text');
  t.equal(response.headers.get('a'), 'b');
  t.equal(own.method, 'POST');
  t.equal(await own.text(), 'x');
  t.equal(Response.json({}).headers.get('content-type'), 'application/json');
});

t.test('a run could not be started: crypto refused to be read through the stand-in', async (t) => {
  const { crypto, process: itsProcess } = fetchGlobals as typeof globalThis;

  t.equal(crypto, globalThis.crypto);
  t.equal(itsProcess, process);
  t.ok('crypto' in fetchGlobals);
  t.notOk('no such thing' in fetchGlobals);
});
