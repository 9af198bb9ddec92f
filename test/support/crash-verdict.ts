import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { basename, join } from 'node:path';
import { createClient } from '../../src/client/index.ts';
import type { Event, Run } from '../../src/contract/index.ts';
import type { AcceptedRun, CrashLoad } from './crash-load.ts';
import { commandLine } from './daemon-life.ts';
import { checkDialog, readAnswers } from './dialog-runs.ts';
import { expectedOutput } from './numbered-runs.ts';
import { processesOf, type World } from './real-daemon.ts';

/** What is wrong after all kills: empty lists, or the promise is broken. */
export type Verdict = {
  /** Accepted and not there, or not ended as its program ended. */
  readonly lost: string[];
  readonly startedTwice: string[];
  /** Output that is not the program's, each line once and in order. */
  readonly output: string[];
  /** Holes and doubles of the journal, in the stream and in its pages. */
  readonly journal: string[];
  /** Processes, folders and rows that belong to nobody. */
  readonly left: string[];
  readonly lines: number;
  readonly events: number;
  /** Answers that agents read once more after a kill; each knew them by their id. */
  readonly answersRepeated: number;
};

/** Compares what clients saw, what the daemon says and what is on the machine with what the programs did. */
export async function judge(
  world: World,
  load: CrashLoad,
  { started, daemonPid }: { readonly started: string; readonly daemonPid: number },
): Promise<Verdict> {
  const client = createClient({ kind: 'socket', path: world.socket, token: undefined });
  const { items } = await client.call('runsList', { query: { limit: 0 } });
  const rows = new Map(items.map((run) => [run.id as string, run]));
  const byRun = Map.groupBy(load.journal.events, (event) => event.run_id ?? '');
  const starts = Map.groupBy(readFileSync(started, 'utf8').split('\n').slice(0, -1), (id) => id);
  const accepted = [...load.runs.values()];
  const answers = readAnswers(world.root);
  return {
    lost: accepted.flatMap((run) => whatIsWrongWith(run, rows.get(run.id))),
    startedTwice: accepted.flatMap((run) => {
      const times = starts.get(run.id)?.length ?? 0;
      return times === 1 ? [] : [`${run.id} (${run.spec.kind} ${run.spec.key}) started ${times} times`];
    }),
    output: accepted.flatMap((run) =>
      checkOutput(run, { events: byRun.get(run.id) ?? [], answers: answers.get(run.id) ?? [] }),
    ),
    journal: [...load.journal.faults, ...(await checkPages(world, load.journal.events))],
    left: [
      ...processesOf(world.root)
        .filter((pid) => pid !== daemonPid)
        .map((pid) => `process ${pid}: ${commandLine(pid)}`),
      ...(await foldersOf(world)).filter((path) => !rows.has(basename(path))),
      ...[...rows.keys()]
        .filter((id) => !load.runs.has(id))
        .map((id) => `${id}: a row that nobody asked for`),
    ],
    lines: accepted.reduce((sum, run) => sum + run.spec.lines * 2, 0),
    events: load.journal.events.length,
    answersRepeated: [...answers.values()].reduce((sum, of) => sum + of.length - new Set(of).size, 0),
  };
}

/** All that is kept of runs: their folders, the scratch folders, the worktrees and git's own list of them. */
async function foldersOf(world: World): Promise<string[]> {
  const below = (path: string) => readdirSync(path).map((name) => join(path, name));
  const [repo = ''] = readdirSync(join(world.stateRoot, 'worktrees'));
  const list = await world.git(join(world.root, 'repo'), 'worktree', 'list', '--porcelain');
  const known = [...list.matchAll(/^worktree (.*)$/gm)].map(([, path = '']) => path).slice(1);
  return [
    ...below(join(world.stateRoot, 'runs')),
    ...below(join(world.stateRoot, 'scratch')),
    ...below(join(world.stateRoot, 'worktrees', repo)),
    ...known,
  ];
}

function whatIsWrongWith(run: AcceptedRun, row: Run | undefined): string[] {
  const { kind, key, exitCode } = run.spec;
  const wanted = run.isGivenUp ? 'canceled' : exitCode === 0 ? 'succeeded' : 'failed';
  if (row === undefined) return [`${run.id} (${key}) has no row`];
  if (
    row.status === wanted &&
    (row.exit_code === exitCode || run.isGivenUp || kind === 'acp' || kind === 'dialog')
  )
    return [];
  return [
    `${run.id} (${kind} ${key}) is ${row.status} with ${row.exit_code} (${row.reason}), not ${wanted} with ${exitCode}`,
  ];
}

type Output = {
  readonly text: string;
  readonly offset: number;
  readonly bytes: number;
  readonly partial: boolean;
};

type Seen = { readonly events: readonly Event[]; readonly answers: readonly string[] };

function checkOutput(run: AcceptedRun, { events, answers }: Seen): string[] {
  const { dialog, kind, key } = run.spec;
  if (dialog !== null) {
    const faults = run.isGivenUp ? [] : checkDialog(dialog.plan, { events, answers });
    return faults.map((fault) => `${run.id} (${dialog.runtime} ${key}): ${fault}`);
  }
  if (kind === 'acp') return checkConversation(run, events);
  const expected = expectedOutput(run.spec);
  return (['stdout', 'stderr'] as const).flatMap((stream) => {
    const pieces = events
      .filter((event) => event.type === `output.${stream}`)
      .map(({ data }) => data as Output);
    const wrongOffset = pieces.find(
      (piece, index) => piece.offset !== pieces.slice(0, index).reduce((sum, { bytes }) => sum + bytes, 0),
    );
    const text = pieces.map((piece) => (piece.partial ? piece.text : `${piece.text}\n`)).join('');
    if (text === expected[stream] && wrongOffset === undefined) return [];
    return [`${run.id} (${run.spec.key}) ${stream}: ${firstDifference(text, expected[stream])}`];
  });
}

/** The demo agent asks once, is answered once and says its last words once. */
function checkConversation(run: AcceptedRun, events: readonly Event[]): string[] {
  if (run.isGivenUp) return [];
  const count = (type: string) => events.filter((event) => event.type === type).length;
  const said = events
    .filter((event) => event.type === 'message.delta')
    .map(({ data }) => String(data.text))
    .join('');
  const facts = {
    requested: count('approval.requested'),
    resolved: count('approval.resolved'),
    sessions: count('run.session'),
    done: said.split('Done. ').length - 1,
    asked: said.split(run.spec.key).length - 1,
  };
  const wrong = Object.entries(facts).filter(([, times]) => times !== 1);
  return wrong.map(([fact, times]) => `${run.id} (${run.spec.key}): ${fact} ${times} times, not once`);
}

function firstDifference(got: string, wanted: string): string {
  let at = 0;
  while (at < got.length && got[at] === wanted[at]) at += 1;
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 30), at + 60));
  return `${got.length} of ${wanted.length} characters, at ${at}: ${around(got)} instead of ${around(wanted)}`;
}

/** The pages of the journal say the same as the stream that was resumed over all kills. */
async function checkPages(world: World, seen: readonly Event[]): Promise<string[]> {
  const faults: string[] = [];
  let last = 0;
  for (;;) {
    const { items } = await readPage(world, last);
    if (items.length === 0) break;
    for (const event of items) {
      if (event.seq !== last + 1) faults.push(`page: seq ${event.seq} after ${last}`);
      if (JSON.stringify(seen[event.seq - 1]) !== JSON.stringify(event) && event.seq <= seen.length)
        faults.push(`seq ${event.seq} (${event.type}) was streamed otherwise`);
      last = event.seq;
    }
  }
  if (last < seen.length) faults.push(`${seen.length} events were streamed, ${last} are kept`);
  return faults;
}

function readPage(world: World, after: number): Promise<{ items: Event[] }> {
  return new Promise((resolve, reject) => {
    const path = `/v1/events?limit=500&after=${after}`;
    request({ socketPath: world.socket, path, headers: { accept: 'application/json' } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString('utf8'))));
    })
      .once('error', reject)
      .end();
  });
}
