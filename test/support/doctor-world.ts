/** A world for the checks of `src/doctor`: a home of its own, no service manager, everything as it should be. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { systemClock } from '../../src/base/index.ts';
import {
  type DoctorWorld,
  diagnose,
  doctorWorld,
  type Finding,
  type Severity,
} from '../../src/doctor/index.ts';

export type TestedWorld = {
  readonly world: DoctorWorld;
  readonly home: string;
  readonly stateRoot: string;
  readonly socketFolder: string;
  readonly config: string;
  /** A program on the shell's PATH that is a shell script. */
  readonly program: (folder: string, name: string, script: string) => string;
  /** What stands for `/proc`, a file at a time. */
  readonly tell: (path: string, text: string) => void;
};

const roomy = { bsize: 4096, blocks: 2 ** 26, bavail: 2 ** 25, files: 2 ** 24, ffree: 2 ** 23 };

/** Makes the world; `more` replaces parts of it. */
export function makeDoctorWorld(t: Test, more: Partial<DoctorWorld> = {}): TestedWorld {
  const home = mkdtempSync(join(tmpdir(), 'doctor-')); // short, for the path of a socket
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  for (const folder of ['bin', 'run', 'proc/self']) mkdirSync(join(home, folder), { recursive: true });
  const runtime = join(home, 'run');
  const env = { HOME: home, XDG_RUNTIME_DIR: runtime, PATH: `${join(home, 'bin')}:/usr/bin:/bin` };
  const made = doctorWorld({
    ...{ env, cwd: home, version: '0.1.0', execPath: process.execPath, program: '/opt/drover/main.js' },
    flags: {},
  });
  const proc = join(home, 'proc');
  writeFileSync(
    join(proc, 'self', 'limits'),
    'Max open files            20000                20000                files\n',
  );
  const world: DoctorWorld = {
    ...made,
    proc,
    tmp: runtime,
    fileSystem: async () => roomy,
    machine: {
      ...made.machine,
      clock: systemClock,
      run: async (file, args, options) =>
        /^(systemctl|loginctl)$/.test(file)
          ? { code: 1, stdout: '', stderr: 'none here', timedOut: false }
          : made.machine.run(file, args, options),
    },
    ...more,
  };
  return {
    world,
    home,
    stateRoot: join(home, '.local/state/drover'),
    socketFolder: join(runtime, 'drover'),
    config: join(home, '.config/drover/daemon.toml'),
    program: (folder, name, script) => {
      mkdirSync(join(home, folder), { recursive: true });
      writeFileSync(join(home, folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      return join(home, folder, name);
    },
    tell: (path, text) => {
      mkdirSync(join(proc, path, '..'), { recursive: true });
      writeFileSync(join(proc, path), text);
    },
  };
}

/** All findings of one name. */
export async function findingsOf(world: DoctorWorld, check: string): Promise<readonly Finding[]> {
  return (await diagnose(world)).filter((finding) => finding.check === check);
}

/** The one finding of a name, whose severity must be this. */
export async function expectFinding(
  t: Test,
  world: DoctorWorld,
  [check, severity, title]: readonly [string, Severity, RegExp],
): Promise<Finding> {
  const found = await findingsOf(world, check);
  const one = found.find((finding) => finding.severity === severity && title.test(finding.title));
  if (one !== undefined) {
    t.pass(`${check}: ${one.title}`);
    return one;
  }
  t.fail(`no ${severity} of ${check} like ${title}`, {
    found: found.map((each) => `${each.severity}: ${each.title}`),
  });
  throw new Error(`no such finding: ${check}`);
}
