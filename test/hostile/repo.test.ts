import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { silentLog } from '../../src/base/index.ts';
import { newId } from '../../src/contract/index.ts';
import { createWorktrees, readOwnConfig, resolveRepo } from '../../src/domain/repos/index.ts';
import { createGit } from '../../src/foundation/git/index.ts';
import { makeRepo, plainGit, put } from '../repos/fixture.ts';
import { type Vector, vectors } from './vectors.ts';

/** PATH with what a careless shell has in front: the folder that one stands in. */
const env = { ...process.env, PATH: `.::${process.env.PATH}` };
const real = createGit({ env, log: silentLog });
let clock = 1_700_000_000_000;

type Hostile = { readonly root: string; readonly path: string; readonly canary: string };

function lay(root: string, vector: Vector): Hostile {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const canary = join(root, 'canary');
  const path = makeRepo(join(root, 'repo'), { 'a.txt': 'one\n', 'b.txt': 'two\n', 'c/d.txt': 'three\n' });
  plainGit(path, 'branch', 'side');
  const script = join(path, '.git/evil.sh');
  writeFileSync(script, `#!/bin/sh\necho "$0 $*" >> '${canary}'\nexit 0\n`);
  chmodSync(script, 0o755);
  const append = (file: string, text: string) => {
    const before = existsSync(join(path, file)) ? readFileSync(join(path, file), 'utf8') : '';
    put(join(path, file), before + text);
  };
  const config = (key: string, value: string) => plainGit(path, 'config', '--local', '--add', key, value);
  vector.set({ path, script, config, append });
  put(join(path, 'a.txt'), 'changed\n');
  put(join(path, 'new.txt'), 'new\n');
  rmSync(canary, { force: true }); // laying a trap may spring it
  return { root, path, canary };
}

/** What anybody would do in a checkout. */
const everyday: readonly (readonly string[])[] = [
  ['status'],
  ['diff'],
  ['diff', 'HEAD'],
  ['log', '-p', '-1'],
  ['add', '-A'],
  ['stash'],
  ['commit', '-qm', 'x', '--allow-empty'],
  ['checkout', '-q', '-f', 'side'],
  ['worktree', 'add', '-q', '-b', 'drover/everyday', '../everyday'],
  ['cat-file', '-p', 'HEAD:b.txt'],
  ['fetch', '-q', '--all'],
  ['gc', '-q'],
];

type Step = { readonly name: string; readonly run: () => Promise<unknown> };

/** Every use that drover makes of a repository, in the order of a run's life. */
function steps({ root, path }: Hostile, countCall: () => void): readonly Step[] {
  const git = {
    ...real,
    run: (...call: Parameters<typeof real.run>) => {
      countCall();
      return real.run(...call);
    },
  };
  const worktrees = createWorktrees({ git, log: silentLog, stateRoot: join(root, 'state') });
  const repo = { id: 'repo_x', path, trusted: false };
  const [runId, second] = [newId('run', clock++), newId('run', clock++)];
  const baseCommit = plainGit(path, '-c', 'core.fsmonitor=false', 'rev-parse', 'main').trim();
  const work = join(root, 'state/worktrees/repo_x', runId);
  const dirty = async () => {
    if (!existsSync(work)) return;
    put(join(work, 'a.txt'), 'agent\n');
    put(join(work, 'fresh.txt'), 'fresh\n');
  };
  const place = { repo, runId: second };
  const words = { placeId: second, branch: null, label: 'y' };
  return [
    { name: 'resolve', run: () => resolveRepo(git, path) },
    { name: 'resolve a sub-directory', run: () => resolveRepo(git, join(path, 'c')) },
    { name: 'read its settings', run: () => readOwnConfig(path) },
    { name: 'find a base', run: () => worktrees.findBase(repo, 'side') },
    { name: 'describe the checkout', run: () => worktrees.describeMain(repo) },
    { name: 'diff in place', run: () => worktrees.diff({ repo, runId: null, baseCommit }) },
    { name: 'create', run: () => worktrees.create({ repo, runId, label: 'x' }) },
    { name: 'create again', run: () => worktrees.create({ repo, runId, label: 'x' }) },
    { name: 'work', run: dirty },
    { name: 'resolve the work tree', run: () => resolveRepo(git, work) },
    { name: 'diff', run: () => worktrees.diff({ repo, runId, baseCommit }) },
    {
      name: 'create from a base',
      run: () => worktrees.create({ repo, runId: second, label: 'y', base: 'side' }),
    },
    { name: 'look', run: () => worktrees.look({ repo, runId }) },
    { name: 'save and remove', run: () => worktrees.saveAndRemove({ repo, runId }) },
    { name: 'list what is saved', run: () => worktrees.saved(repo) },
    { name: 'restore', run: () => worktrees.restore({ repo, runId, branch: null, baseCommit }) },
    { name: 'work in the second', run: async () => put(join(work, '..', second, 'b.txt'), 'agent\n') },
    {
      name: 'see whether all is there',
      run: () => worktrees.isContained({ ...place, branch: null, into: null }),
    },
    { name: 'apply', run: () => worktrees.apply({ ...place, ...words, squash: false }) },
    { name: 'remove the clean one', run: () => worktrees.saveAndRemove({ repo, runId: second }) },
  ];
}

/** Single calls beyond those of the steps, so that a command that is added tomorrow is covered today. */
const bareCalls: readonly (readonly string[])[] = [
  ['status', '--porcelain'],
  ['diff', 'HEAD'],
  ['diff', '--submodule=diff', 'HEAD'],
  ['diff-files', '-p'],
  ['diff-index', '-p', 'HEAD'],
  ['log', '-p', '-1'],
  ['show', 'HEAD'],
  ['ls-files', '-m', '-o'],
  ['update-index', '--refresh'],
  ['for-each-ref'],
  ['cat-file', '-p', 'HEAD:b.txt'],
  ['update-ref', 'refs/drover/test', 'HEAD'],
  ['branch', 'another'],
  ['checkout-index', '-f', '-a'],
  ['worktree', 'list', '--porcelain'],
  ['commit-tree', '-m', 'x', 'HEAD^{tree}'],
  ['read-tree', '--reset', '-u', 'HEAD'],
  ['fetch', '--all'],
];

/** Vectors that are tried at the same time, each in a place of its own. */
const lanes = 3;
t.setTimeout(1_200_000);
const root = realpathSync(t.testdir());

t.test('nothing of a hostile repository runs', async (t) => {
  t.ok(vectors.length >= 25, `${vectors.length} vectors`);
  let cells = 0;
  let gitCalls = 0;
  const done: Record<string, number> = {};
  const live: string[] = [];
  const judge = async (vector: Vector, place: string) => {
    const plain = lay(place, vector);
    for (const args of everyday) {
      try {
        plainGit(plain.path, ...args);
      } catch {
        // a trap may well break the command that springs it
      }
    }
    if (existsSync(plain.canary)) live.push(vector.name);

    const hostile = lay(place, vector);
    const fired: string[] = [];
    const look = (name: string) => {
      cells += 1;
      if (!existsSync(hostile.canary)) return;
      fired.push(`${name}: ${readFileSync(hostile.canary, 'utf8')}`);
      rmSync(hostile.canary);
    };
    const attempt = async (name: string, run: () => Promise<unknown>) => {
      try {
        await run();
        done[name] = (done[name] ?? 0) + 1;
      } catch (error) {
        if (!(error instanceof Error && error.name === 'AppError')) throw error;
      }
      look(name);
    };
    for (const step of steps(hostile, () => (gitCalls += 1))) await attempt(step.name, step.run);
    for (const args of bareCalls) await attempt(`git ${args.join(' ')}`, () => real.run(hostile.path, args));
    t.same(fired, [], vector.name);
  };
  const queue = vectors.values();
  const lane = async (_: unknown, index: number) => {
    for (const vector of queue) await judge(vector, join(root, `v${index}`));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  t.comment(
    `${vectors.length} vectors, ${cells} cells, ${gitCalls} git calls in steps; ${live.length} fire with plain git`,
  );
  t.comment(JSON.stringify(done));
  t.comment(
    `not fired by plain git here: ${vectors
      .filter(({ name }) => !live.includes(name))
      .map(({ name }) => name)
      .join('; ')}`,
  );
  t.ok(cells >= 500, `${cells} cells`);
  t.ok(live.length >= 20, `${live.length} vectors are live`);
  for (const name of ['resolve', 'create', 'diff', 'save and remove', 'restore']) {
    t.ok((done[name] ?? 0) >= vectors.length / 2, `${name} worked for ${done[name]} of the vectors`);
  }
});
