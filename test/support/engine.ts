import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type * as z from 'zod';
import { type Clock, createBus, silentLog, systemClock } from '../../src/base/index.ts';
import type { AgentConfig, Event, policyConfig, Run, StartRun } from '../../src/contract/index.ts';
import { type Agent, adapterOfRun, findTmux } from '../../src/domain/agents/index.ts';
import { createJournal, type Journal } from '../../src/domain/journal/index.ts';
import {
  type Budget,
  createLaunchPort,
  createPolicy,
  createRuns,
  type LaunchPort,
  type QueueLimits,
  type RunLimits,
  type Runs,
  type RunsDeps,
} from '../../src/domain/runs/index.ts';
import { listTree } from '../../src/domain/runs/launch/index.ts';
import { openStore, type Store } from '../../src/foundation/store/index.ts';
import { policyOf } from './policy.ts';
import { until } from './until.ts';

const noBudget: Budget = { costPerRun: 0, tokensPerRun: 0, costPerDay: 0, tokensPerDay: 0 };

export type EngineOptions = {
  readonly limits?: Partial<RunLimits>;
  readonly queueLimits?: Partial<QueueLimits>;
  readonly budget?: Partial<Budget>;
  readonly policy?: z.input<typeof policyConfig>;
  /** Of `[agents.NAME]`, by name. */
  readonly approvalTimeouts?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Changes parts of what the engine is made with. */
  readonly change?: (deps: RunsDeps) => Partial<RunsDeps>;
};

/** An engine over a real store and real processes, as the daemon has it. */
export type Engine = {
  readonly store: Store;
  readonly runs: Runs;
  readonly journal: Journal;
  readonly launch: LaunchPort;
  /** Starts `sh -c script`. */
  readonly sh: (script: string, more?: Partial<StartRun>) => Promise<Run>;
  /** Starts one of the fake agents: `acp`, `claude` or `codex`. */
  readonly fake: (agent: string, prompt: string, more?: Partial<StartRun>) => Promise<Run>;
  /** Starts the fake ACP agent. */
  readonly acp: (prompt: string, more?: Partial<StartRun>) => Promise<Run>;
  /** Starts the fake Claude Code. */
  readonly claude: (prompt: string, more?: Partial<StartRun>) => Promise<Run>;
  /** Why the run is queued, once that was said. */
  readonly waitsBecause: (id: string) => Promise<string>;
  /** Resolves when the run has told that it used so many tokens. */
  readonly used: (id: string, tokens: number) => Promise<Run>;
  readonly ended: (id: string) => Promise<Run>;
  readonly reached: (id: string, status: Run['status']) => Promise<Run>;
  /** Resolves when the run has asked so many times, and waits for the last one. */
  readonly asked: (id: string, times: number) => Promise<Run>;
  readonly events: (id: string) => Promise<readonly Event[]>;
  /** Types of the run's events, in order. */
  readonly types: (id: string) => Promise<readonly string[]>;
  /** Leaves the runs alone and closes the store, as a daemon that stops does. */
  readonly close: () => Promise<void>;
};

/** A place on disk that several engines may hold one after the other. */
export type World = {
  readonly home: string;
  readonly folder: (id: string) => string;
  readonly engine: (options?: EngineOptions) => Engine;
  /** Makes an empty file, for which an agent waits. */
  readonly touch: (name: string) => Promise<void>;
  /** Lines that the fake agents have read. */
  readonly heard: () => Promise<readonly string[]>;
  /** Processes of the run that are there now. */
  readonly survivors: (id: string) => Promise<readonly number[]>;
  /** Closes engines, ends every run that is left, removes all files. */
  readonly remove: () => Promise<void>;
};

function fake(name: string): string[] {
  return [process.execPath, fileURLToPath(new URL(name, import.meta.url))];
}

const agents: Readonly<Record<string, Pick<Agent, 'runtime' | 'command'>>> = {
  command: { runtime: 'command', command: [] },
  terminal: { runtime: 'terminal', command: [] },
  acp: { runtime: 'acp', command: fake('fake-acp.ts') },
  claude: { runtime: 'claude', command: fake('fake-claude.ts') },
  codex: { runtime: 'codex', command: fake('fake-codex.ts') },
};

/** A test in a world of its own, which is removed after it. */
export function inWorld(
  name: string,
  body: (t: Test, world: World, engine: Engine) => Promise<void>,
  options: EngineOptions = {},
): void {
  void t.test(name, { buffered: t.jobs > 1 }, async (t) => {
    const world = await makeWorld();
    t.teardown(world.remove);
    await body(t, world, world.engine(options));
  });
}

/** Makes an empty world. */
export async function makeWorld(): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), 'engine-'));
  const heardFile = join(home, 'heard');
  const open: Engine[] = [];
  const started = new Set<string>();
  const runsFolder = join(home, 'runs');

  const engine = (options: EngineOptions = {}): Engine => {
    const clock = options.clock ?? systemClock;
    const bus = createBus();
    const store = openStore({ path: join(home, 'drover.db'), clock, bus });
    const launch = createLaunchPort({
      runsFolder,
      clock,
      log: silentLog,
      inputOf: (run) => (adapterOfRun(run).input === 'none' ? 'none' : 'fifo'),
      findTmux: () => findTmux(process.env.PATH ?? ''),
      chooseWay: async () => ({ kind: 'ready', via: 'session' }),
    });
    const journal = createJournal({ store, bus, outputFile: launch.outputFile });
    const configured = {
      policy: policyOf(options.policy ?? {}),
      agents: Object.fromEntries(
        Object.entries(options.approvalTimeouts ?? {}).map(([name, approval_timeout]) => [
          name,
          { approval_timeout } as AgentConfig,
        ]),
      ),
    };
    const deps: RunsDeps = {
      store,
      clock,
      log: silentLog,
      launch,
      work: {
        prepare: async (_run, owner) => {
          const cwd = join(home, 'scratch', owner.id);
          await mkdir(cwd, { recursive: true });
          return { cwd, isTrusted: true, branch: null, baseCommit: null, uncommittedFiles: 0 };
        },
        environment: (run) => ({ PATH: process.env.PATH ?? '', DROVER_RUN_ID: run.id, ACP_LOG: heardFile }),
      },
      adapterOf: adapterOfRun,
      issueToken: () => ({ token: 'token', hash: 'hash' }),
      policy: createPolicy(() => configured, '/home/ada'),
      budget: () => ({ ...noBudget, ...options.budget }),
      limits: () => ({ outputBytes: 2 ** 30, idleMs: 0, pollMs: 100, ...options.limits }),
      queueLimits: () => ({
        maxRuns: 8,
        maxRunsPerRepo: 8,
        maxRunsPerAgent: new Map(),
        ...options.queueLimits,
      }),
      newRunContext: () => ({
        chooseAgent: async (name = 'command') =>
          ({ name, env: {}, approvalMode: 'ask', maxTurns: null, ...agents[name] }) as Agent,
        chooseRepo: async (ref) => ({ id: ref, project: ref, base: null }),
        defaultTimeout: '0',
        now: clock.now(),
      }),
    };
    const runs = createRuns({ ...deps, ...options.change?.(deps) });
    const start = async (request: StartRun) => {
      const run = await runs.start(request);
      started.add(run.id);
      return run;
    };
    const events = async (id: string) => {
      const all: Event[] = [];
      for (let after = 0; ; ) {
        const page = await journal.read({ after, limit: 1000, maxBytes: 2 ** 26, runId: id });
        all.push(...page.events.map((entry) => JSON.parse(entry.json) as Event));
        if (page.scannedTo === journal.lastSeq()) return all;
        after = page.scannedTo;
      }
    };
    let closing: Promise<void> | null = null;
    const made: Engine = {
      store,
      runs,
      journal,
      launch,
      sh: (script, more) => start({ command: ['/bin/sh', '-c', script], ...more }),
      fake: (agent, prompt, more) => start({ prompt, agent, ...more }),
      acp: (prompt, more) => start({ prompt, agent: 'acp', ...more }),
      claude: (prompt, more) => start({ prompt, agent: 'claude', ...more }),
      waitsBecause: (id) => until(`${id} to be told why it waits`, () => runs.show(id).reason),
      used: (id, tokens) =>
        until(
          `${id} to use ${tokens} tokens`,
          () => runs.show(id).usage?.input_tokens === tokens && runs.show(id),
        ),
      ended: (id) => until(`the end of ${id}`, () => runs.show(id).ended_at !== null && runs.show(id)),
      reached: (id, status) =>
        until(`${id} to be ${status}`, () => runs.show(id).status === status && runs.show(id)),
      asked: (id, times) =>
        until(`request ${times} of ${id}`, async () => {
          const requests = (await events(id)).filter(({ type }) => type === 'approval.requested');
          const run = runs.show(id);
          return requests.length === times && run.waiting_on === requests.at(-1)?.data.approval_id && run;
        }),
      events,
      types: async (id) => (await events(id)).map((event) => event.type),
      close: () => {
        closing ??= runs.detach().then(store.close);
        return closing;
      },
    };
    open.push(made);
    return made;
  };

  const folder = (id: string) => join(runsFolder, id);
  const survivors = async (id: string) => (await listTree(folder(id))).map((row) => row.pid);
  return {
    home,
    folder,
    engine,
    touch: (name) => writeFile(join(home, name), ''),
    heard: async () => (await readFile(heardFile, 'utf8').catch(() => '')).split('\n').slice(0, -1),
    survivors,
    remove: async () => {
      for (const one of open) await one.close();
      for (const id of started) {
        for (const pid of await survivors(id)) {
          try {
            process.kill(pid, 'SIGKILL');
          } catch {
            // it ended meanwhile
          }
        }
        await until(`nothing to be left of ${id}`, async () => (await survivors(id)).length === 0);
      }
      await rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}
