/** docs/running.md as an operator follows it: every block of commands is run here as it stands on the page. */
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runCommand } from '../../src/base/index.ts';
import type { Approval, Event, Run } from '../../src/contract/index.ts';
import { codeBlocks } from '../support/house.ts';
import { startWorld, type World } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

t.setTimeout(180_000);

const [places = '', ...blocks] = codeBlocks('docs/running.md', 'sh');
const unused = new Set(blocks);

/** Runs the one block that holds `mark`, after the places, in a shell that ends at the first failure. */
async function follow(world: World, mark: string, env: Record<string, string> = {}): Promise<string> {
  const found = blocks.filter((block) => block.includes(mark));
  const [block] = found;
  if (block === undefined || found.length > 1) throw new Error(`${found.length} blocks hold '${mark}'`);
  unused.delete(block);
  const PATH = `${join(world.root, 'bin')}:${world.env.PATH}`;
  const result = await runCommand('sh', ['-ec', `${places}${block}`], {
    cwd: world.home,
    env: { ...world.env, ...env, PATH },
    timeoutMs: 60_000,
  });
  const said = `${result.stdout.toString()}${result.stderr.toString()}`;
  if (result.code !== 0) throw new Error(`exit ${result.code} of\n${block}\n${said}`);
  return said;
}

/** What must be there again: nothing of it depends on when it is asked. */
async function whatThereIs(world: World, ids: readonly string[], env: Record<string, string> = {}) {
  const approvals = await world.json<{ items: Approval[] }>(['approvals', 'list', '--past'], { env });
  const runs = await Promise.all(ids.map((id) => world.json<Run>(['runs', 'show', id], { env })));
  const diffs = await Promise.all(ids.map((id) => world.drover(`runs diff ${id}`, { env })));
  const events: Event[][] = [];
  for (const id of ids) {
    const { out } = await world.run(['attach', id, '--stream-json'], { env });
    events.push(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Event),
    );
  }
  const repos = await world.json<{ items: { project: string }[] }>(['daemon', 'repos'], { env });
  return {
    runs: runs.map(({ worktree: _, ...run }) => run),
    diffs: diffs.map(({ out }) => out),
    events,
    approvals: approvals.items,
    projects: repos.items.map(({ project }) => project),
  };
}

void t.test('back up, destroy, restore and move, by the page', async (t) => {
  const world = await startWorld('[log]\nlevel = "debug"\n');
  t.teardown(world.close);
  const bin = join(world.root, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'drover'), `#!/bin/sh\nexec '${process.execPath}' '${world.program}' "$@"\n`);
  chmodSync(join(bin, 'drover'), 0o755);
  symlinkSync(process.execPath, join(bin, 'node'));
  const web = await world.repository(join(world.home, 'web'));
  const inWeb = { cwd: web };
  const changed = await world.json<Run>(
    [
      'run',
      '--bg',
      '--agent',
      'command',
      '--',
      'sh',
      '-c',
      'echo more >> README.md; echo new > new.txt; echo said',
    ],
    inWeb,
  );
  await world.reach(changed.id, 'succeeded');
  const asking = await world.json<Run>(['run', '--bg', '--agent', 'demo', 'make it better'], inWeb);
  await world.reach(asking.id, 'waiting');
  const pending = await world.json<{ items: Approval[] }>(['approvals', 'list']);
  await world.run(['approvals', 'allow', pending.items[0]?.id ?? '']);
  await world.reach(asking.id, 'succeeded');
  const atWork = await world.json<Run>(
    [
      'run',
      '--bg',
      '--agent',
      'command',
      '--',
      'sh',
      '-c',
      'n=0; while :; do n=$((n+1)); echo line $n; sleep 0.05; done',
    ],
    inWeb,
  );
  const saysMore = (lines: number) =>
    until('the run to go on', async () => {
      const said = await world.run(['runs', 'logs', atWork.id, '--type', 'stdout']);
      return said.out.split('\n').length > lines && said.out;
    });
  await saysMore(3);
  const ids = [changed.id, asking.id];
  const before = await whatThereIs(world, ids);
  t.match(before.diffs[0], /\+more[\s\S]*\+new/);
  t.match(before.approvals, [{ run_id: asking.id, status: 'allowed' }]);

  await follow(world, 'drover-backup.tar" --directory "$HOME" .local/state');
  const lines = (await saysMore(0)).split('\n').length;
  await saysMore(lines + 3);
  t.equal((await world.show(atWork.id)).status, 'running', 'agents go on over a backup');
  await follow(world, 'VACUUM INTO');
  await world.run(['runs', 'cancel', atWork.id]);

  const destroy = () => rmSync(`${world.stateRoot}.old`, { recursive: true, force: true });
  await follow(world, '--extract --file "$HOME/drover-backup.tar"');
  destroy();
  t.same(await whatThereIs(world, ids), before, 'from the archive');
  const lost = await world.reach(atWork.id, 'interrupted');
  t.ok((lost.reason ?? '').length > 10, lost.reason ?? '');
  t.match(
    (await world.run(['runs', 'logs', atWork.id, '--type', 'stdout'])).out,
    /^line 1\nline 2\nline 3\n/,
  );

  await follow(world, '--extract --file "$HOME/drover-copy/files.tar"');
  destroy();
  t.same(await whatThereIs(world, ids), before, 'from the copy made without stopping');
  await world.reach(atWork.id, 'interrupted');
  const after = await world.json<Run>(['run', '--bg', '--agent', 'command', '--', 'true'], inWeb);
  await world.reach(after.id, 'succeeded');

  t.match(await follow(world, 'drover logs --tail 20'), 'ready');
  await follow(world, 'drover daemon reload');
  await follow(world, 'exec("VACUUM")');
  if (existsSync('/usr/bin/curl')) t.match(await follow(world, 'curl '), 'drover_ready 1');
  else unused.delete(blocks.find((block) => block.includes('curl ')) ?? '');
  t.same(await whatThereIs(world, ids), before, 'after a reload, a restart and VACUUM');

  await follow(world, 'mv "$HOME/web"');
  t.same(await whatThereIs(world, ids), before, 'with the repository at another place');
  const shop = join(world.home, 'shop');
  const isWhole = async () => {
    const known = await world.git(shop, 'worktree', 'list', '--porcelain');
    t.notMatch(known, 'prunable', 'git knows its worktrees');
    t.match(known, changed.id);
  };
  await isWhole();
  const tree = join(world.stateRoot, 'worktrees', changed.repo?.id ?? '', changed.id);
  t.match(await world.git(tree, 'status', '--short'), 'new.txt', 'and they know it');

  await follow(world, 'mv "$state" "$HOME/elsewhere');
  const moved = { DROVER_STATE_ROOT: join(world.home, 'elsewhere/drover') };
  t.notOk(existsSync(world.stateRoot));
  t.same(await whatThereIs(world, ids, moved), before, 'from the other folder');
  await isWhole();
  const inShop = { cwd: shop, env: moved };
  const there = await world.json<Run>(['run', '--bg', '--agent', 'command', '--', 'true'], inShop);
  t.equal((await world.run(['runs', 'wait', there.id], inShop)).code, 0);

  const pruned = await follow(world, 'drover worktrees prune', moved);
  t.match(pruned, new RegExp(`${there.id} +removed +web +The run changed nothing`));
  t.match(pruned, new RegExp(`${changed.id} +kept +web +2 uncommitted files`));

  await world.git(shop, 'update-ref', 'refs/drover/saved/run_X', 'HEAD');
  t.match(await follow(world, 'for-each-ref'), /refs\/drover\/saved\/run_X[\s\S]*drover\//);
  t.equal(await world.git(shop, 'for-each-ref', 'refs/drover'), '');
  t.same([...unused], [], 'every block of the page was run');
});
