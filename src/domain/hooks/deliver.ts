import { type CommandResult, runCommand } from '../../base/index.ts';
import { formatBytes, formatDuration, parseDurationMs, version } from '../../contract/index.ts';
import type { Delivery } from './delivery.ts';
import { type HookWorld, hookEnvironment } from './environment.ts';
import { fillHeaders } from './headers.ts';
import type { Hook } from './hook.ts';
import { post } from './post.ts';
import type { Outcome } from './retry.ts';

/** Delivers an event to a hook, within the hook's timeout. `signal` cuts it short; it never rejects. */
export type Deliver = (hook: Hook, delivery: Delivery, signal: AbortSignal) => Promise<Outcome>;

export type Delivering = {
  readonly deliver: Deliver;
  /** Why a hook can deliver nothing as things are; null when nothing is known against it. */
  readonly problemOf: (hook: Hook) => string | null;
};

/** A command that writes more is ended. */
const maxOutputBytes = 2 ** 20;
const maxErrorChars = 300;

/** Makes what delivers: by POST to an address, or to a command on standard input. */
export function createDelivering(world: HookWorld): Delivering {
  const headersOf = ({ config }: Hook) => fillHeaders(config.headers ?? {}, world.daemonEnv);

  const send: Deliver = async (hook, { id, type, json }, signal) => {
    const filled = headersOf(hook);
    if (filled.kind === 'missing') return failed(notSet(filled.variable));
    const ending = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      ending.abort();
    }, timeoutMsOf(hook));
    const cut = () => ending.abort();
    signal.addEventListener('abort', cut);
    try {
      const status = await post(hook.config.url ?? '', {
        headers: {
          ...filled.headers,
          'content-type': 'application/json',
          'user-agent': `drover/${version}`,
          'drover-event': type,
          'drover-delivery': id,
        },
        body: json,
        signal: ending.signal,
      });
      if (status >= 200 && status < 300) return { kind: 'delivered' };
      const isRedirect = status >= 300 && status < 400;
      return failed(`it answered ${status}${isRedirect ? ', and redirects are not followed' : ''}`);
    } catch (error) {
      return failed(isLate ? `there was no answer within ${timeoutOf(hook)}` : reasonOf(error));
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', cut);
    }
  };

  const run: Deliver = async (hook, delivery, signal) => {
    const [program = '', ...args] = hook.config.command ?? [];
    const env = hookEnvironment(world, delivery);
    try {
      const result = await runCommand(program, args, {
        cwd: env.HOME ?? world.user.homedir,
        env,
        timeoutMs: timeoutMsOf(hook),
        stdin: `${delivery.json}\n`,
        maxOutputBytes,
        signal,
      });
      const why = whyFailed(hook, result);
      return why === null ? { kind: 'delivered' } : failed(why);
    } catch (error) {
      return failed(`it cannot be started: ${reasonOf(error)}`);
    }
  };

  return {
    deliver: (hook, ...rest) => (hook.config.url === undefined ? run : send)(hook, ...rest),
    problemOf: (hook) => {
      const filled = headersOf(hook);
      return filled.kind === 'missing' ? notSet(filled.variable) : null;
    },
  };
}

function whyFailed(hook: Hook, { timedOut, truncated, code, signal, stderr }: CommandResult): string | null {
  if (timedOut) return `it took longer than ${timeoutOf(hook)}`;
  if (truncated) return `it wrote more than ${formatBytes(maxOutputBytes)}`;
  if (code === 0) return null;
  const last = lastWordsOf(stderr);
  return `it ${code === null ? `was ended by ${signal}` : `exited with ${code}`}${last === '' ? '' : `: ${last}`}`;
}

function failed(error: string): Outcome {
  return { kind: 'failed', error };
}

function notSet(variable: string): string {
  return `$${variable} is not set in the environment of the daemon`;
}

const timeoutMsOf = ({ config }: Hook) => parseDurationMs(config.timeout);
const timeoutOf = (hook: Hook) => formatDuration(timeoutMsOf(hook));

/** The message of an error, or of the first one in it: a name with several addresses fails once for each. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  return plain(error instanceof Error ? error.message : String(error));
}

function lastWordsOf(stderr: Buffer): string {
  const lines = stderr.toString('utf8').split('\n').map(plain);
  return lines.findLast((line) => line !== '') ?? '';
}

/** One short line without control characters. */
function plain(text: string): string {
  const line = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim();
  return line.length <= maxErrorChars ? line : `${line.slice(0, maxErrorChars - 1)}…`;
}
