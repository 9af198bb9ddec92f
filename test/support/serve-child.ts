/** A control plane with fake services in a process of its own: prints its socket, its port and its limits, ends with stdin. */
import { startServer } from './http-server.ts';

const server = await startServer();
server.services.addRun('run_a');
process.stdout.write(`${JSON.stringify({ socket: server.socket, port: server.port })}\n`);
process.stdin.resume();
process.stdin.once('end', () => {
  server.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
