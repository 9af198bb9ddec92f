/**
 * Stands in for `drover daemon start --foreground`: serves a status on the socket it is given, or ends the way that
 * FAKE_PROGRAM says. Ends by itself after ten seconds, so that a failed test leaves nothing behind.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { aStatus } from './resources.ts';

const socket = process.argv.find((arg) => arg.startsWith('--socket='))?.slice('--socket='.length) ?? '';

switch (process.env.FAKE_PROGRAM) {
  case 'problem':
    process.stderr.write(
      '{"code":"config_invalid","status":422,"detail":"line 3: no key pol","hint":"did you mean poll"}\n',
    );
    process.exitCode = 2;
    break;
  case 'crash':
    throw new Error('out of luck');
  case 'silent':
    process.exitCode = 1;
    break;
  default: {
    const status = aStatus({ pid: process.pid, socket, warnings: ['the disk is nearly full'] });
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(status));
    });
    rmSync(socket, { force: true });
    server.listen(socket);
    process.once('SIGTERM', () => process.exit(0));
    setTimeout(() => process.exit(0), 10_000).unref();
  }
}
