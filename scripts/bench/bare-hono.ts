/** A server of the same libraries with one route and nothing else, on the Unix socket of its argument. */
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();
app.get('/healthz', (c) => c.json({ status: 'ok' }));
const listener = getRequestListener(app.fetch);
createServer((incoming, outgoing) => void listener(incoming, outgoing)).listen(process.argv[2]);
process.once('SIGTERM', () => process.exit());
