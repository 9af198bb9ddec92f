import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { capturePath } from './captured-path.ts';
import { chooseNode, type NodeAnswer } from './durable-node.ts';
import { chooseProgram } from './durable-program.ts';
import type { ServiceWorld } from './types.ts';

/** The programs and the PATH of a service on this machine, and what a person should know about them. */
export type ServicePrograms = {
  readonly node: string;
  readonly program: string;
  readonly path: string;
  readonly notes: readonly string[];
};

const askTimeoutMs = 10_000;

/** Finds what a service is made of. Throws `node_unsuitable`, or `usage` for a drover that is about to vanish. */
export async function choosePrograms(
  world: ServiceWorld,
  given: {
    readonly node: string | undefined;
    readonly program: string;
    readonly execPath: string;
    readonly cwd: string;
  },
): Promise<ServicePrograms> {
  const places = { tmp: tmpdir(), runtime: world.env.XDG_RUNTIME_DIR };
  const path = world.env.PATH ?? '';
  const chosen = await chooseNode(given.node === undefined ? undefined : resolve(given.cwd, given.node), {
    ...places,
    execPath: given.execPath,
    path,
    home: world.home,
    realPath,
    ask: (file) => askNode(file, world),
  });
  const { program, note } = chooseProgram(given.program, { ...places, realPath });
  return {
    node: chosen.node,
    program,
    path: capturePath(path, dirname(chosen.node), { ...places, realPath, isFolder }),
    notes: [chosen.note, note].filter((text) => text !== null),
  };
}

/** Asks a Node.js in an environment that changes nothing about it. */
export async function askNode(file: string, world: ServiceWorld): Promise<NodeAnswer | null> {
  try {
    accessSync(file, constants.X_OK);
    if (!statSync(file).isFile()) return null;
    const words = ['-p', 'process.version + "\\n" + process.execPath'];
    const env = { PATH: world.env.PATH || '/usr/bin:/bin', HOME: world.home };
    const { code, stdout } = await world.run(file, words, { env, timeoutMs: askTimeoutMs });
    const [version = '', execPath = ''] = stdout.trim().split('\n');
    return code === 0 && /^v\d+\.\d+/.test(version) && execPath.startsWith('/')
      ? { version, execPath }
      : null;
  } catch {
    return null; // not a program at all: as good as absent
  }
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null; // nothing there
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // not there, or not for us: nothing is found in it either way
  }
}
