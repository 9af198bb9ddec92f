/**
 * Stands in for `launchctl`: hands its arguments to the stand-in launchd that listens on the socket of the first one, and
 * ends as that says.
 */
import { connect } from 'node:net';

const [socket = '', ...args] = process.argv.slice(2);
let text = '';
const connection = connect(socket);
connection.setEncoding('utf8');
connection.on('data', (chunk: string) => {
  text += chunk;
});
connection.on('end', () => {
  const { code, out, err } = JSON.parse(text) as { code: number; out: string; err: string };
  process.stdout.write(out);
  process.stderr.write(err);
  process.exitCode = code;
});
connection.write(`${JSON.stringify(args)}\n`);
