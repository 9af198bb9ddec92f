import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { processesOf } from './processes.ts';
import { until } from './until.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of the project beside an empty home and an empty folder for temporary files. */
export type CopiedProject = {
  readonly base: string;
  readonly root: string;
  readonly home: string;
  readonly temporary: string;
  readonly start: (options?: StartOptions) => Started;
};

export type StartOptions = {
  /** End after the demo instead of staying until Ctrl-C. */
  readonly exits?: boolean;
  /** A command line that the script is appended to. */
  readonly wrapper?: readonly string[];
};

/** `npm start`, as it runs. */
export type Started = {
  readonly pid: number;
  readonly said: () => string;
  readonly ended: Promise<number | null>;
  /** What a terminal does on Ctrl-C: SIGINT to the whole group. */
  readonly pressCtrlC: () => void;
};

/** Copies the project as a fresh clone has it; the copy and every process that names it are gone when the test ends. */
export function copyProject(t: Test): CopiedProject {
  const base = mkdtempSync(join(tmpdir(), 'drover-copy-'));
  const [root, home, temporary] = [join(base, 'drover'), join(base, 'home'), join(base, 'tmp')];
  for (const folder of [root, home, temporary]) mkdirSync(folder);
  for (const name of ['src', 'scripts', 'package.json'])
    cpSync(join(checkout, name), join(root, name), { recursive: true });
  symlinkSync(join(checkout, 'node_modules'), join(root, 'node_modules'));
  t.teardown(async () => {
    for (const { pid } of processesOf(base)) process.kill(pid, 'SIGKILL');
    await until('its processes to end', () => processesOf(base).length === 0);
    rmSync(base, { recursive: true, force: true });
  });
  return { base, root, home, temporary, start: (options = {}) => start({ root, home, temporary }, options) };
}

function start(places: Omit<CopiedProject, 'base' | 'start'>, options: StartOptions): Started {
  const script = join(places.root, 'scripts', 'start.ts');
  // `env -i`, because tap adds its own hooks to the environment of every Node that a test starts.
  const variables = {
    ...{ PATH: process.env.PATH ?? '', HOME: places.home, TMPDIR: places.temporary },
    ...{ DROVER_DEMO_EXIT: options.exits ? '1' : '', DROVER_DEMO_PACE_MS: '20' },
  };
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const command = ['env', '-i', ...assignments, ...(options.wrapper ?? []), process.execPath, script];
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    cwd: places.root,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file} did not start`);
  let said = '';
  const hear = (text: string) => {
    said += text;
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { pid, said: () => said, ended, pressCtrlC: () => process.kill(-pid, 'SIGINT') };
}
