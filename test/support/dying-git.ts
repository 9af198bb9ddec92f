import { writeSync } from 'node:fs';
import { silentLog } from '../../src/base/index.ts';
import { createGit, type Git } from '../../src/foundation/git/index.ts';

/** Where a process is to kill itself: at its n-th call of git, from 0 on. */
export type DeathPlan = {
  readonly call: number;
  /** During: git goes on without us. */
  readonly when: 'before' | 'during' | 'after';
  /** With `during`: how long git has been at work. */
  readonly pauseMs: number;
};

/** Says a line at once, so that it is said also by one who dies in the next instant. */
export function say(line: string): void {
  writeSync(1, `${line}\n`);
}

/** The door to git for a process that kills itself by `plan` with -9, after it has said `kill WHEN COMMAND`. */
export function createDyingGit(plan: DeathPlan | null): Git {
  const real = createGit({ env: process.env, log: silentLog });
  let calls = 0;
  const die = (args: readonly string[]) => {
    say(`kill ${plan?.when} ${args[0]}`);
    process.kill(process.pid, 'SIGKILL');
  };
  return {
    ...real,
    run: async (cwd, args, call) => {
      const when = plan?.call === calls++ ? plan.when : null;
      if (when === 'before') die(args);
      const result = real.run(cwd, args, call);
      if (when === 'during') {
        await new Promise((resolve) => setTimeout(resolve, plan?.pauseMs));
        die(args);
      }
      const done = await result;
      if (when === 'after') die(args);
      return done;
    },
  };
}
