import { isAppError } from '../../../contract/index.ts';
import {
  getRun,
  type RunRow,
  runPulse,
  updateRun,
  usageOfSessionBefore,
} from '../../../foundation/store/index.ts';
import { costLimitOf } from '../budget.ts';
import { applyEffects } from '../follow/apply.ts';
import { ofRun } from '../follow/waiting.ts';
import type { EngineDeps, FolderState } from '../ports.ts';
import { resumePrompt } from '../retry.ts';
import { portsFor } from '../run-ports.ts';
import { ownerOf, sessionAtStart } from '../session.ts';
import { judgedAdapter } from './judged-adapter.ts';
import { isShortage, untilStored } from './shortage.ts';

/** How long a launcher may take from its claim to its identity before the launch is made void. */
const claimGraceMs = 10_000;
/** How long a launcher may take to its claim before another one is started: it needs milliseconds, or seconds of a busy machine. */
const launchAgainMs = 2000;
/** How long an agent's pid may take to be written down before its launcher is shown instead. */
const pidGraceMs = 1000;
/** Pause between two looks at a folder that is about to change. */
const lookMs = 5;

const noPorts =
  'It has no ports of its own: all of [worktree] port_range belong to live runs, so DROVER_PORT_BASE is not set';

/** What came of starting a run. */
export type Started =
  | { readonly kind: 'started' }
  /** The machine had no room or no manager: nothing runs, it may be tried again. */
  | { readonly kind: 'later'; readonly reason: string }
  | { readonly kind: 'never'; readonly error: { readonly code: string; readonly message: string } | null };

/**
 * Brings a run from `starting` to a process, from wherever a crash left it. Crash points, each harmless:
 * 1. before the worktree: made again; 2. between worktree and folder: the same worktree is found; 3. before the launch:
 * the folder is unclaimed and written anew; 4. after the launch: the folder says so, and launching again changes nothing.
 */
export async function startRun(deps: EngineDeps, key: number, signal: AbortSignal): Promise<Started> {
  const { store, launch, clock } = deps;
  let launchAgainAt = 0;
  let claimedUntil: number | null = null;
  let pidUntil: number | null = null;
  for (;;) {
    signal.throwIfAborted();
    const run = store.read((sql) => getRun(sql, key));
    const folder = await launch.inspect(run);
    switch (folder.kind) {
      case 'unclaimed': {
        if (run.stopKind !== null || (run.outcome !== null && run.startedAt === null)) {
          if (await launch.voidLaunch(run)) return { kind: 'never', error: null };
          break;
        }
        if (clock.monotonic() < launchAgainAt) {
          await clock.sleep(lookMs, signal);
          break;
        }
        const refused = await launchOnce(deps, run, signal);
        if (refused !== null) return refused;
        launchAgainAt = clock.monotonic() + launchAgainMs;
        break;
      }
      case 'claimed':
        claimedUntil ??= clock.monotonic() + claimGraceMs;
        if (clock.monotonic() > claimedUntil && (await launch.voidLaunch(run))) return { kind: 'started' };
        await clock.sleep(lookMs, signal);
        break;
      case 'running':
        pidUntil ??= clock.monotonic() + pidGraceMs;
        if (folder.pid === null && clock.monotonic() < pidUntil) {
          await clock.sleep(lookMs, signal);
          break;
        }
        await markStarted(deps, key, folder);
        return { kind: 'started' };
      case 'ended':
        await markStarted(deps, key, folder);
        return { kind: 'started' };
      case 'vanished':
        if (folder.pid !== null) await markStarted(deps, key, folder);
        return { kind: 'started' };
    }
  }
}

async function launchOnce(deps: EngineDeps, run: RunRow, signal: AbortSignal): Promise<Started | null> {
  const { store, launch, clock, log } = deps;
  let launchedBy: 'systemd' | 'session';
  try {
    if (!(await launch.isPrepared(run))) await prepare(deps, run);
    // Making a work tree may take minutes: it may have been told to stop, or refused by its adapter, meanwhile.
    const now = store.read((sql) => runPulse(sql, run.key));
    if (now.stopKind !== null || now.hasOutcome) return null;
    ({ launchedBy } = await launch.launch(run));
  } catch (error) {
    if (isShortage(error)) return { kind: 'later', reason: messageOf(error) };
    log.warn('a run could not be launched', { run: run.id, err: error });
    const code = isAppError(error) ? error.code : 'launch_failed';
    return { kind: 'never', error: { code, message: messageOf(error) } };
  }
  // From here on it is never `later`: the agent may be at work.
  await untilStored(() => store.write((tx) => updateRun(tx, run.key, { launchedBy })), {
    clock,
    log,
    run: run.id,
    signal,
  });
  return null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function prepare(deps: EngineDeps, run: RunRow): Promise<void> {
  const { store, launch, work } = deps;
  const { owner, sessionId } = store.read((sql) => ({
    owner: ownerOf(sql, run),
    sessionId: sessionAtStart(sql, run),
  }));
  const place = await work.prepare(run, owner);
  const adapter = judgedAdapter(deps, run);
  const past = sessionId === null ? null : store.read((sql) => usageOfSessionBefore(sql, sessionId, run.key));
  const usedBefore = { input: past?.inputTokens ?? 0, output: past?.outputTokens ?? 0 };
  const maxCostUsd = run.runtime === 'claude' ? costLimitOf(run, deps.budget()) : run.maxCostUsd;
  const request = { ...requestOf({ ...run, sessionId }, place), usedBefore, maxCostUsd };
  const { token, hash } = deps.issueToken();
  const range = run.inPlace ? null : (deps.limits().ports ?? null);
  const ports = await store.write((tx) => {
    const block = range === null ? null : portsFor(tx, run, range);
    if (block !== null) updateRun(tx, run.key, { portBase: block.base, portCount: block.count });
    const where = { worktree: place.cwd, branch: place.branch, baseCommit: place.baseCommit };
    updateRun(tx, run.key, { ...where, sessionId, tokenHash: hash });
    // Canceled before it made its place, which is its own all the same: it goes when no run of the session is left.
    if (owner.key !== run.key && owner.worktree === null) updateRun(tx, owner.key, where);
    if (place.branch !== null && place.baseCommit !== null && owner.branch === null) {
      const data = {
        path: place.cwd,
        branch: place.branch,
        base_commit: place.baseCommit,
        uncommitted_files: place.uncommittedFiles,
      };
      tx.event({ type: 'worktree.created', data, source: 'daemon', ...ofRun(run) });
    }
    if (run.adapterState === null) {
      const notices = [...(place.notices ?? []), ...(range !== null && block === null ? [noPorts] : [])];
      for (const text of notices)
        tx.event({ type: 'run.notice', data: { text }, source: 'daemon', ...ofRun(run) });
      const first = adapter.start(request);
      updateRun(tx, run.key, { adapterState: first.state });
      applyEffects(tx, run, first.effects);
    }
    return block;
  });
  const argv = adapter.commandLine(run.argv, request);
  const env = work.environment(run, { token, isTrusted: place.isTrusted, ports });
  const stdin = adapter.stdin?.(request);
  const { cwd, setUp } = place;
  await launch.prepare(run, {
    cwd,
    argv,
    env,
    ...(stdin !== undefined && { stdin }),
    ...(setUp !== undefined && { setUp }),
  });
}

function requestOf(run: RunRow, { cwd, isTrusted }: { readonly cwd: string; readonly isTrusted: boolean }) {
  const { id, approvalMode, model, maxTurns, maxTokens, sessionId } = run;
  const prompt = run.resumes === true ? resumePrompt(run.prompt) : run.prompt;
  return { runId: id, prompt, cwd, isTrusted, approvalMode, model, maxTurns, maxTokens, sessionId };
}

async function markStarted({ store }: EngineDeps, key: number, folder: FolderState): Promise<void> {
  await store.write((tx) => {
    const run = getRun(tx, key);
    if (run.startedAt !== null || run.endedAt !== null) return;
    const pid = folder.kind === 'unclaimed' || folder.kind === 'claimed' ? null : folder.pid;
    updateRun(tx, key, {
      status: run.status === 'waiting' ? 'waiting' : 'running',
      reason: null,
      startedAt: tx.now,
      pid,
    });
    tx.event({
      type: 'run.started',
      data: { pid: pid ?? 0, launched_by: run.launchedBy ?? 'session' },
      source: 'daemon',
      ...ofRun(run),
    });
  });
}
