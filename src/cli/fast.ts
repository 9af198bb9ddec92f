import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { isProfileName, type Paths, profileOf } from '../base/index.ts';
import { locateSocket, machinePaths } from '../client/index.ts';
import type { Status } from '../contract/index.ts';
import { hasSocketUnit } from '../service/index.ts';
import { formatStatus } from './print/status.ts';
import { styleFor } from './print/style.ts';
import { runningVersion, skewNote } from './skew.ts';

/** What the short way needs of the process. */
export type FastWorld = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly isOutTerminal: boolean;
  readonly version: string;
};

/** What goes to stdout, and what is said beside it. */
export type FastAnswer = { readonly out: string; readonly err: string };

/** How long the whole exchange may take before the full command takes over. */
export const fastDeadlineMs = 2000;
const maxAnswerChars = 1 << 22;

/**
 * The short way for `drover status` and `drover --version`, which scripts and shell prompts call all the time: the same
 * text as the full commands without a parser of arguments, schemas or an HTTP client. Resolves with the text, or with null
 * for everything unusual, which the full command then does and explains.
 */
export async function fastAnswer(argv: readonly string[], world: FastWorld): Promise<FastAnswer | null> {
  const call = argv.join(' ');
  if (call === '--version' || call === '-v') return { out: `${world.version}\n`, err: versionNote(world) };
  const match = /^(?:(?:daemon|d) )?status( --json)?$/.exec(call);
  if (match === null || !isProfileName(profileOf({ env: world.env }))) return null;
  const paths = machinePaths({}, world.env, world.cwd);
  if (isAsleep(paths, world.env)) return null;
  const socket = locateSocket(paths, {});
  const body = socket === null ? null : await getStatus(socket, world.env.DROVER_RUN_TOKEN);
  return body === null ? null : answerOf(body, { world, isJson: match[1] !== undefined });
}

/** No daemon, but a socket of a service: to connect would start one, which asking for the status never does. */
function isAsleep({ profile, endpointFile }: Paths, env: FastWorld['env']): boolean {
  if (existsSync(endpointFile)) return false;
  return hasSocketUnit(profile, { platform: process.platform, env, home: env.HOME || homedir() });
}

/** What to say of a daemon of another version; empty where none is known to run. */
function versionNote({ env, cwd, version }: FastWorld): string {
  if (!isProfileName(profileOf({ env }))) return '';
  const running = runningVersion(machinePaths({}, env, cwd));
  return (running !== null && skewNote(version, running)) || '';
}

function answerOf(body: string, { world, isJson }: { world: FastWorld; isJson: boolean }): FastAnswer | null {
  try {
    const status = JSON.parse(body) as Status;
    const text = isJson
      ? `${body.trimEnd()}\n`
      : formatStatus(status, styleFor(world.isOutTerminal, world.env));
    return { out: text, err: skewNote(world.version, status.version) ?? '' };
  } catch {
    return null; // the full command says what is wrong with the answer
  }
}

/** `GET /v1/status` in HTTP/1.0: the answer ends with the connection. Null for anything but a whole 200. */
function getStatus(socketPath: string, token: string | undefined): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(socketPath);
    const finish = (body: string | null) => {
      socket.destroy();
      resolve(body);
    };
    socket.setEncoding('utf8');
    socket.setTimeout(fastDeadlineMs, () => finish(null));
    socket.on('error', () => finish(null));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > maxAnswerChars) finish(null);
    });
    socket.on('end', () => finish(bodyOf(text)));
    const authorization = token ? `Authorization: Bearer ${token}\r\n` : '';
    socket.write(
      `GET /v1/status HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n${authorization}\r\n`,
    );
  });
}

/** The body of a whole answer with status 200 and a known length. */
export function bodyOf(answer: string): string | null {
  const end = answer.indexOf('\r\n\r\n');
  const head = answer.slice(0, end).toLowerCase();
  const length = /\r\ncontent-length: *(\d+)/.exec(head);
  if (end === -1 || !/^http\/1\.[01] 200 /.test(head) || head.includes('\r\ntransfer-encoding:')) return null;
  const body = answer.slice(end + 4);
  return length !== null && Buffer.byteLength(body) !== Number(length[1]) ? null : body;
}
