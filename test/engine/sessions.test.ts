import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inWorld } from '../support/engine.ts';
import { until } from '../support/until.ts';

inWorld('a run of a session goes on in it, in the same place', async (t, world, engine) => {
  const first = await engine.acp('say:one');
  const { session_id: session, worktree } = await engine.ended(first.id);
  const byRun = await engine.acp('say:two', { session_id: first.id });
  await engine.ended(byRun.id);
  const bySession = await engine.acp('say:three', { session_id: session ?? '' });
  await engine.ended(bySession.id);
  const byTenant = await engine.acp('say:four', { session_id: byRun.id });

  for (const { id } of [byRun, bySession, byTenant]) {
    t.match(await engine.ended(id), { status: 'succeeded', session_id: session, worktree });
    t.equal(engine.runs.row(id).placeOf, first.id);
  }
  t.equal((await world.heard()).filter((line) => line.includes('session/load')).length, 3);
  const ids = engine.runs
    .list({ limit: 0, cursor: undefined, session: session ?? '' })
    .items.map((run) => run.id);
  t.same(
    ids,
    [byTenant, bySession, byRun, first].map((run) => run.id),
  );
  t.same(engine.runs.list({ limit: 0, cursor: undefined, session: 'never-seen' }).items, []);
});

inWorld(
  'runs of one session come strictly one after the other, and take it when it is there',
  async (t, world, engine) => {
    const go = join(world.home, 'go');
    const first = await engine.acp(`file:${go} say:one`, { name: 'chat' });
    const second = await engine.acp('say:two', { session_id: 'chat' });
    const third = await engine.acp('say:three', { session_id: second.id });
    const other = await engine.acp('say:other');

    t.match(await engine.ended(other.id), { status: 'succeeded' });
    const says = (id: string) => `Waiting: ${id} of the same session comes first`;
    await until('the reasons', () => engine.runs.show(third.id).reason === says(second.id));
    t.match(engine.runs.show(second.id), { status: 'queued', reason: says(first.id) });
    await writeFile(go, '');

    const ends = [];
    for (const { id } of [first, second, third]) ends.push(await engine.ended(id));
    const [one, two, three] = ends;
    t.match([two, three], [{ status: 'succeeded', session_id: one?.session_id }, { status: 'succeeded' }]);
    t.ok((one?.ended_at ?? '') <= (two?.started_at ?? ''), 'the second began after the first');
    t.ok((two?.ended_at ?? '') <= (three?.started_at ?? ''), 'the third began after the second');
  },
);

inWorld(
  'who waited for a session that never came is told so, and ends',
  async (t, world, engine) => {
    const go = join(world.home, 'go');
    const first = await engine.sh(`while [ ! -e ${go} ]; do sleep 0.01; done`);
    await t.rejects(engine.acp('say:two', { session_id: first.id }), {
      code: 'option_unsupported',
      message: `A command has no session '${first.id}' to continue`,
    });
    await writeFile(go, '');
    await engine.ended(first.id);
    await t.rejects(engine.acp('say:two', { session_id: first.id }), { code: 'no_session' });

    const blocker = await engine.acp('ask');
    const dying = await engine.acp('say:x', { name: 'dying' });
    const waiting = await engine.acp('say:y', { session_id: 'dying' });
    t.equal(dying.status, 'queued');
    t.equal(await engine.runs.cancel(dying.id, 'test'), 'canceled');
    t.equal(await engine.runs.cancel(blocker.id, 'test'), 'canceled');

    t.match(await engine.ended(waiting.id), {
      status: 'failed',
      error: { code: 'no_session', message: `The run ${dying.id} ended without a session to go on with` },
      started_at: null,
    });
  },
  { queueLimits: { maxRuns: 1 } },
);

inWorld('a session that drover never saw is the agent’s to know', async (t, _, engine) => {
  const lost = await engine.acp('say:hello', { session_id: 'never-seen' });

  t.match(await engine.ended(lost.id), {
    status: 'failed',
    session_id: 'never-seen',
    error: {
      code: 'session_lost',
      message: /cannot go on with the session 'never-seen': Resource not found/,
    },
  });
});

inWorld(
  'an id that nobody confirmed bound the next run to the place of the one that had failed',
  async (t, _, engine) => {
    const lost = await engine.acp('say:hello', { session_id: 'never-seen' });
    await engine.ended(lost.id);

    const again = await engine.acp('say:hello', { session_id: 'never-seen' });

    t.equal(engine.runs.row(again.id).placeOf, null);
    await engine.ended(again.id);
  },
);

inWorld('a session is not led elsewhere, nor by another agent', async (t, _, engine) => {
  const first = await engine.acp('say:one', { repo: 'shop' });
  const scratch = await engine.acp('say:one');
  for (const { id } of [first, scratch]) await engine.ended(id);
  const refused = (more: object, message: RegExp, session_id = first.id) =>
    t.rejects(
      engine.acp('say:two', { session_id, ...more }),
      { code: 'invalid_request', message },
      String(message),
    );

  await refused({ base: 'main' }, /goes on from where its files stand, not from a base/);
  await refused({ worktree: true }, /goes on where it was led, in a worktree of shop/);
  await refused({ worktree: false }, /goes on where it was led, in a worktree of shop/);
  await refused({ repo: 'blog' }, /in a worktree of shop, not in blog/);
  await refused({ repo: 'shop' }, /in a scratch folder, not in shop/, scratch.id);
  await refused({ agent: 'command' }, /belongs to the agent 'acp' \(acp\), and 'command' is command/);
  await t.rejects(engine.acp('say:two', { session_id: 'run_00000000000000000000000000' }), {
    code: 'run_not_found',
  });
  const same = await engine.acp('say:two', { session_id: first.id, repo: 'shop' });
  t.match(await engine.ended(same.id), { status: 'succeeded', repo: { id: 'shop' } });
});

inWorld('a session outlives a restart of the daemon, with what waits for it', async (t, world, engine) => {
  const go = join(world.home, 'go');
  const first = await engine.acp(`file:${go} say:one`);
  await engine.reached(first.id, 'running');
  const second = await engine.acp('say:two', { session_id: first.id });
  await engine.close();

  const later = world.engine();
  later.runs.recover();
  await until('the reason', () => later.runs.show(second.id).reason?.includes(first.id));
  await writeFile(go, '');

  t.match(await later.ended(second.id), {
    status: 'succeeded',
    session_id: (await later.ended(first.id)).session_id,
  });
});

inWorld(
  'an interrupted run is retried in its session; its prompt stays what it was',
  async (t, world, engine) => {
    const run = await engine.acp('die', {
      name: 'nightly',
      run_label: 'Night',
      max_turns: 7,
      approval_mode: 'auto',
    });
    const old = await engine.ended(run.id);

    const again = await engine.runs.retry('nightly', {});

    t.match(again, {
      retry_of: run.id,
      prompt: 'die',
      name: 'nightly',
      label: 'Night',
      max_turns: 7,
      approval_mode: 'auto',
      session_id: old.session_id,
    });
    await engine.ended(again.id);
    const prompts = (await world.heard())
      .filter((line) => line.includes('session/prompt'))
      .map((line) => JSON.parse(line).params.prompt[0].text);
    t.same(prompts, ['die', 'Go on where you were interrupted. The task was: die']);
    t.match(engine.runs.show(again.id), { worktree: old.worktree, status: 'failed' });
    const third = await engine.runs.retry(again.id, {});
    t.match(third, { retry_of: again.id, prompt: 'die' }, 'each points to the one before it');
    t.equal(engine.runs.row(third.id).placeOf, run.id);
    await engine.ended(third.id);
  },
);

inWorld(
  'a retry begins anew where there is nothing to go on with, or that is wanted',
  async (t, world, engine) => {
    const command = await engine.sh('echo hi; exit 3');
    const failed = await engine.acp('die');
    const done = await engine.acp('say:done');
    for (const { id } of [command, failed, done]) await engine.ended(id);

    const sameCommand = await engine.runs.retry(command.id, {});
    const fresh = await engine.runs.retry(failed.id, { fresh: true });
    const success = await engine.runs.retry(done.id, {});
    const asked = await engine.runs.retry(failed.id, { prompt: 'say:instead' });

    t.match(await engine.ended(sameCommand.id), { exit_code: 3, result: 'hi', command: command.command });
    t.match(await engine.ended(fresh.id), { session_id: `session-of-${fresh.id}`, prompt: 'die' });
    t.match(await engine.ended(success.id), { session_id: `session-of-${success.id}`, result: 'done' });
    t.match(await engine.ended(asked.id), {
      status: 'succeeded',
      result: 'instead',
      session_id: `session-of-${failed.id}`,
    });
    t.notMatch(await world.heard(), /task was: say:/, 'another prompt is given as it is');
    await t.rejects(engine.runs.retry(command.id, { prompt: 'x' }), { code: 'invalid_request' });
  },
);

inWorld('a live run is not retried, nor does a retry take a name from one', async (t, world, engine) => {
  const go = join(world.home, 'go');
  const old = await engine.acp('die', { name: 'nightly' });
  await engine.ended(old.id);
  const live = await engine.acp(`file:${go}`, { name: 'nightly' });

  await t.rejects(engine.runs.retry(live.id, {}), { code: 'run_live', message: /has not ended: it is/ });
  t.equal((await engine.runs.retry(old.id, { fresh: true })).name, null);
  await writeFile(go, '');
  await engine.ended(live.id);
});

inWorld('a retried session that the agent forgot fails as lost', async (t, _, engine) => {
  const run = await engine.acp('die');
  const { session_id, worktree } = await engine.ended(run.id);
  await rm(join(worktree ?? '', session_id ?? ''));

  const again = await engine.runs.retry(run.id, {});

  t.match(await engine.ended(again.id), { status: 'failed', error: { code: 'session_lost' } });
});
