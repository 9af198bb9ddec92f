import { settledWithin } from '../base/index.ts';
import { checkAgents } from './checks/agents.ts';
import { checkClock } from './checks/clock.ts';
import { checkConfig } from './checks/config.ts';
import { checkDaemon } from './checks/daemon.ts';
import { checkDisk } from './checks/disk.ts';
import { checkGit } from './checks/git.ts';
import { checkLimits } from './checks/limits.ts';
import { checkLock } from './checks/lock.ts';
import { checkNode } from './checks/node.ts';
import { checkSocket } from './checks/socket.ts';
import { checkState } from './checks/state.ts';
import { checkStore } from './checks/store.ts';
import { checkTokens } from './checks/tokens.ts';
import { checkUnit } from './checks/unit.ts';
import { checkManager } from './checks/user-manager.ts';
import { type Finding, failure } from './finding.ts';
import { gather, type Situation } from './situation.ts';
import type { DoctorWorld } from './world.ts';

/** A check: what it finds, in the order in which it should be read. */
type Check = (situation: Situation) => Promise<readonly Finding[]>;

/** In the order in which they are shown. The part of a finding's name before the dot is its group. */
const checks: Readonly<Record<string, Check>> = {
  node: checkNode,
  unit: checkUnit,
  manager: checkManager,
  daemon: checkDaemon,
  config: checkConfig,
  tokens: checkTokens,
  socket: checkSocket,
  state: checkState,
  lock: checkLock,
  store: checkStore,
  disk: checkDisk,
  limits: checkLimits,
  clock: checkClock,
  git: checkGit,
  agents: checkAgents,
};

/** A file system that does not answer must not keep the other findings. */
const checkDeadlineMs = 60_000;

/** A fix that was tried. */
export type Mended = {
  readonly check: string;
  readonly title: string;
  /** What was done, or why it could not be. */
  readonly done: string;
  readonly isDone: boolean;
};

/** Looks at everything. Changes nothing, and never throws for what it finds. */
export async function diagnose(world: DoctorWorld): Promise<readonly Finding[]> {
  const situation = await gather(world);
  const found = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const work = check(situation).catch((error: unknown) => [
        failure(`${name}.check`, `The check of ${name} failed: ${textOf(error)}`),
      ]);
      if (await settledWithin(work, checkDeadlineMs, world.machine.clock)) return work;
      return [
        failure(`${name}.check`, `The check of ${name} did not end within ${checkDeadlineMs / 1000} s`, {
          detail: 'Something it looks at does not answer, such as a network file system.',
        }),
      ];
    }),
  );
  return found.flat();
}

/** Carries out what is safe to mend, one after another. */
export async function mend(findings: readonly Finding[]): Promise<readonly Mended[]> {
  const mended: Mended[] = [];
  for (const { check, title, fix } of findings) {
    if (fix === null) continue;
    try {
      mended.push({ check, title, done: await fix(), isDone: true });
    } catch (error) {
      mended.push({ check, title, done: textOf(error), isDone: false });
    }
  }
  return mended;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
