/** What permissions and limits make impossible: as a user who is not root, whoever runs the test. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { drover, folderOf } from '../support/signal-folder.ts';

const nobody = 65_534;
const script = fileURLToPath(new URL('../support/claim-once.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;
const run = (root: string) =>
  spawnSync(process.execPath, [script, root], {
    encoding: 'utf8',
    timeout: 60_000,
    ...(isRoot && { uid: nobody, gid: nobody }),
  });
const skip = run('/nowhere').status === 0 ? false : 'another user cannot run this node here';

/** A signal folder of a user who is not root, and a claim by that user in a process of its own. */
function setUp(t: Test) {
  const root = mkdtempSync(join(tmpdir(), 'drover-unprivileged-'));
  mkdirSync(join(root, drover, 'processing'), { recursive: true });
  mkdirSync(join(root, drover, 'failed'));
  const own = (...paths: readonly string[]) => {
    if (isRoot) for (const path of paths) chownSync(path, nobody, nobody);
  };
  const { at, put, ...rest } = folderOf(root);
  t.teardown(() => {
    for (const path of ['', 'processing', 'failed']) chmodSync(at(path), 0o700);
    rmSync(root, { recursive: true });
  });
  const claim = () => {
    own(root, join(root, '.drover'), at(), at('processing'), at('failed'));
    const child = run(root);
    if (child.status !== 0) throw new Error(`claim: ${child.stderr}`);
    return JSON.parse(child.stdout) as Record<'claimed' | 'later' | 'told', string[]>;
  };
  return { at, put, own, claim, ...rest };
}

t.test(
  'who may not write in failed leaves what is refused, says so once, and gives it out once',
  async (t) => {
    const { at, put, claim, namesIn } = setUp(t);
    put('planner-finished-x');
    put('bad name');
    chmodSync(at('failed'), 0o500);

    t.same(claim(), {
      claimed: ['planner-finished-x'],
      later: [],
      told: ['a refused signal file cannot be put away'],
    });
    t.same(namesIn(), ['bad name', 'failed', 'processing', 'staging']);
    t.equal(namesIn('processing').length, 1);

    chmodSync(at('failed'), 0o700);
    t.match(claim(), { claimed: ['planner-finished-x'], later: [] }, 'it was never answered');
    t.same(namesIn('processing'), []);
  },
);

t.test('who may not write in processing leaves the signal, and says so once', { skip }, async (t) => {
  const { at, put, claim, namesIn } = setUp(t);
  put('planner-finished-x');
  chmodSync(at('processing'), 0o500);

  t.same(claim(), { claimed: [], later: [], told: ['a signal cannot be claimed'] });
  t.same(namesIn(), ['failed', 'planner-finished-x', 'processing', 'staging']);

  chmodSync(at('processing'), 0o700);
  t.match(claim(), { claimed: ['planner-finished-x'] });
});

t.test('who may not look into the folder says so once', { skip }, async (t) => {
  const { at, put, claim } = setUp(t);
  put('planner-finished-x');
  chmodSync(at(), 0o000);

  t.same(claim(), { claimed: [], later: [], told: ['a signal folder is refused'] });
});

t.test(
  'a signal that may not be read is put away, and a folder that cannot be moved is left',
  { skip },
  async (t) => {
    const { at, put, own, claim, failed, namesIn } = setUp(t);
    put('planner-finished-x');
    mkdirSync(at('planner-finished-folder'));
    own(at('planner-finished-x'), at('planner-finished-folder'));
    chmodSync(at('planner-finished-x'), 0o000);
    chmodSync(at('planner-finished-folder'), 0o000);

    const { claimed, later, told } = claim();

    t.same([...claimed, ...later], []);
    t.ok(told.includes('a refused signal file cannot be put away'));
    t.same(failed(), { 'planner-finished-x': 'it cannot be read' });
    t.ok(namesIn().includes('planner-finished-folder'));
  },
);

t.test('a process without a descriptor left refuses nothing that is good, and goes on later', async (t) => {
  const root = t.testdir();
  const { put, failed, namesIn } = folderOf(root);
  put('planner-finished-x');
  put('bad name');
  const starved = fileURLToPath(new URL('../support/claim-starved.ts', import.meta.url));
  const command = 'ulimit -n 100 && exec "$0" "$@"';

  const child = spawnSync('sh', ['-c', command, process.execPath, starved, root], { encoding: 'utf8' });

  t.equal(child.status, 0, child.stderr);
  const { claimed, rounds, told } = JSON.parse(child.stdout) as {
    claimed: string[];
    rounds: number[];
    told: number;
  };
  t.same(claimed, ['planner-finished-x']);
  t.equal(rounds[0], 0, 'there was really none left');
  t.ok(told > 0);
  t.same(Object.keys(failed()), ['bad name']);
  t.same(namesIn(), ['failed', 'processing', 'staging']);
});
