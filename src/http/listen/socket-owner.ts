import { request } from 'node:http';
import { isListening } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';

/** How long the daemon that has a socket may take to say who it is. */
const introductionMs = 1000;
const maxAnswerChars = 1 << 20;

/** What a daemon says of itself in its status. */
type Owner = { readonly profile: string; readonly pid: number; readonly state_root: string };

/** Refuses a socket on which somebody listens, and names the profile and the daemon where it is one of drover. */
export async function refuseTakenSocket(path: string): Promise<void> {
  if (!(await isListening(path))) return;
  const owner = await ownerOf(path);
  if (owner === null) {
    throw new AppError('address_in_use', `Another program answers on '${path}'`, {
      hint: 'stop it, or give this daemon a --socket of its own',
    });
  }
  const { profile, pid, state_root } = owner;
  throw new AppError(
    'address_in_use',
    `The socket '${path}' belongs to the daemon of profile '${profile}' (pid ${pid}, state root ${state_root})`,
    {
      hint: `give this one a --socket or socket_path of its own, or stop that one: drover stop --socket ${path}`,
      fields: { pid, profile, socket: path, state_root },
    },
  );
}

function ownerOf(socketPath: string): Promise<Owner | null> {
  return new Promise((resolve) => {
    const headers = { host: 'localhost', accept: 'application/json' };
    const asked = request({ socketPath, path: '/v1/status', headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > maxAnswerChars) asked.destroy();
      });
      response.once('end', () => resolve(readOwner(text)));
      response.once('close', () => resolve(null));
    });
    const timer = setTimeout(() => asked.destroy(), introductionMs);
    asked.once('error', () => resolve(null));
    asked.once('close', () => {
      clearTimeout(timer);
      resolve(null);
    });
    asked.end();
  });
}

function readOwner(text: string): Owner | null {
  try {
    const { profile, pid, state_root } = JSON.parse(text) as Partial<Record<keyof Owner, unknown>>;
    const isOwner = typeof profile === 'string' && typeof pid === 'number' && typeof state_root === 'string';
    return isOwner ? { profile, pid, state_root } : null;
  } catch {
    return null; // some other program
  }
}
