import { join } from 'node:path';
import { AppError, isNodeNewEnough, leastNode } from '../contract/index.ts';
import { lastingName, type PassingPlaces, passingReason, type RealPath } from './passing.ts';

/** What a Node.js says of itself. A version manager's stand-in names the real one. */
export type NodeAnswer = { readonly version: string; readonly execPath: string };

/** What the choice depends on. */
export type NodeWorld = PassingPlaces & {
  /** The Node.js of this process. */
  readonly execPath: string;
  readonly path: string;
  readonly home: string;
  readonly realPath: RealPath;
  /** Starts it and asks; null for what is not there or is no Node.js. */
  readonly ask: (file: string) => Promise<NodeAnswer | null>;
};

/** The chosen Node.js, and what a person should know about the choice. */
export type ChosenNode = { readonly node: string; readonly note: string | null };

const least = leastNode.join('.');

/** Where Node.js is usually installed, for a shell whose PATH has none. */
export function knownPlaces(home: string): readonly string[] {
  return [
    '/usr/local/bin/node',
    '/usr/bin/node',
    '/opt/homebrew/bin/node',
    '/home/linuxbrew/.linuxbrew/bin/node',
    '/opt/local/bin/node',
    '/snap/bin/node',
    '/run/current-system/sw/bin/node',
    join(home, '.nix-profile/bin/node'),
    join(home, '.volta/bin/node'),
    join(home, '.local/share/fnm/aliases/default/bin/node'),
    join(home, '.local/share/mise/shims/node'),
    join(home, '.asdf/shims/node'),
    join(home, '.local/bin/node'),
  ];
}

/**
 * Chooses the Node.js of a service: the one that was named; else this process's own, when it will still be there
 * tomorrow; else the first on PATH or in a known place that is new enough and lasts. Throws `node_unsuitable`.
 */
export async function chooseNode(named: string | undefined, world: NodeWorld): Promise<ChosenNode> {
  if (named !== undefined) return namedNode(named, world);
  const names = [...onPath(world.path), ...knownPlaces(world.home)];
  const own = world.realPath(world.execPath) ?? world.execPath;
  const ownReason = passingReason(own, world);
  if (ownReason === null) return { node: lastingName(own, names, world.realPath), note: null };
  const refused = [`this one, ${own}, is ${ownReason}`];
  const seen = new Set([own]);
  for (const name of names) {
    const real = world.realPath(name);
    if (real === null || seen.has(real)) continue;
    seen.add(real);
    const answer = await world.ask(name);
    if (answer === null) continue;
    const reason = unsuitable(answer, world);
    if (reason === null) {
      const node = lastingName(answer.execPath, names, world.realPath);
      return { node, note: `the service uses ${node}: ${refused[0]}` };
    }
    if (!refused.some((line) => line.startsWith(answer.execPath)))
      refused.push(`${answer.execPath} ${reason}`);
  }
  throw new AppError(
    'node_unsuitable',
    `No Node.js ${least} or newer was found that a service can rely on: ${refused.join('; ')}`,
    { hint: 'install one from https://nodejs.org, or name one: --node PATH' },
  );
}

async function namedNode(node: string, world: NodeWorld): Promise<ChosenNode> {
  const refuse = (why: string) =>
    new AppError('node_unsuitable', `${node} ${why}`, {
      hint: `name the program of a Node.js ${least} or newer: --node PATH`,
    });
  const real = world.realPath(node);
  if (real === null) throw refuse('does not exist');
  const answer = await world.ask(node);
  if (answer === null) throw refuse('is no Node.js that can be started');
  if (!isNodeNewEnough(answer.version)) throw refuse(`is ${answer.version}, which is too old`);
  const reason = passingReason(real, world);
  const note = `warning: ${node} is ${reason}, and without it the service cannot start`;
  return { node, note: reason === null ? null : note };
}

function unsuitable({ version, execPath }: NodeAnswer, world: NodeWorld): string | null {
  if (!isNodeNewEnough(version)) return `is ${version}`;
  const reason = passingReason(execPath, world);
  return reason === null ? null : `is ${reason}`;
}

function onPath(path: string): string[] {
  return path
    .split(':')
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, 'node'));
}
