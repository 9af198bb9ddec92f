import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { metricFamilies } from '../../src/contract/index.ts';
import { call } from '../support/http-server.ts';
import { createWorld, startWorld, writePrivate } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

t.setTimeout(120_000);

type Sample = { readonly name: string; readonly labels: Record<string, string>; readonly value: number };

/** Parses the text format strictly: throws at a line that is none, and at a value before its type. */
function parseExposition(text: string): { types: Map<string, string>; samples: Sample[] } {
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  const helps = new Set<string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const help = /^# HELP ([a-z_0-9]+) \S/.exec(line);
    const type = /^# TYPE ([a-z_0-9]+) (gauge|counter|histogram)$/.exec(line);
    if (help?.[1] !== undefined) helps.add(help[1]);
    else if (type?.[1] !== undefined && type[2] !== undefined) {
      if (types.has(type[1])) throw new Error(`${type[1]} is told twice`);
      types.set(type[1], type[2]);
    } else {
      const found = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/.exec(line);
      const [, name = '', labels = '', value = ''] = found ?? [];
      const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
      if (!types.has(family) || !helps.has(family)) throw new Error(`no type for: ${line}`);
      if (Number.isNaN(Number(value.replace('+Inf', 'Infinity')))) throw new Error(`no value: ${line}`);
      const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\\n]|\\.)*)"/g)];
      samples.push({
        name,
        labels: Object.fromEntries(pairs.map(([, key, text]) => [key, text])),
        value: Number(value),
      });
    }
  }
  const keys = samples.map(({ name, labels }) => JSON.stringify([name, labels]));
  if (new Set(keys).size !== keys.length) throw new Error('a series is there twice');
  return { types, samples };
}

t.test('a scrape has every figure of the catalogue, and they tell what happened', async (t) => {
  const world = await startWorld('max_parallel_runs = 1\n');
  t.teardown(world.close);
  const gone = await world.repository(join(world.root, 'gone'));
  await world.run(['daemon', 'add', gone]);
  rmSync(gone, { recursive: true });
  const ended = await world.start('exit 0');
  await world.reach(ended.id, 'succeeded');
  const failed = await world.start('exit 3');
  await world.reach(failed.id, 'failed');
  const atWork = await world.start('sleep 600');
  await world.reach(atWork.id, 'running');
  await world.start('exit 0');
  writeFileSync(world.config, 'max_parallel_runs = "many"\n');
  t.equal((await world.run(['daemon', 'reload'])).code, 2);
  await world.http('GET', '/nowhere');

  const scrape = async () => parseExposition((await world.http('GET', '/metrics')).text);
  const { types, samples } = await until('the age of the queue', async () => {
    const found = await scrape();
    const age = found.samples.find(({ name }) => name === 'drover_queue_oldest_age_seconds');
    return (age?.value ?? 0) > 0 && found;
  });
  const value = (name: string, labels: Record<string, string> = {}) =>
    samples.find(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
    )?.value;

  for (const [name, { type }] of Object.entries(metricFamilies)) t.equal(types.get(name), type, name);
  t.equal(value('drover_ready'), 1);
  t.equal(value('drover_runs', { status: 'running' }), 1);
  t.equal(value('drover_runs', { status: 'queued' }), 1);
  t.equal(value('drover_runs_finished_total', { status: 'succeeded', runtime: 'command' }), 1);
  t.equal(value('drover_runs_finished_total', { status: 'failed', runtime: 'command' }), 1);
  t.equal(value('drover_runs_finished_total', { status: 'failed', runtime: 'acp' }), 0);
  t.equal(value('drover_run_duration_seconds_count', { runtime: 'command' }), 2);
  t.equal(value('drover_run_start_latency_seconds_count', { runtime: 'command' }), 3);
  t.equal(value('drover_runs_limit'), 1);
  t.equal(value('drover_repos'), 1);
  t.equal(value('drover_repos_missing'), 1);
  t.equal(value('drover_config_last_reload_successful'), 0);
  t.equal(value('drover_config_reload_failures_total'), 1);
  t.equal(value('drover_http_requests_total', { route: 'none', code: '4xx' }), 1);
  t.equal(value('drover_http_requests_total', { route: '/v1/runs', method: 'POST', code: '2xx' }), 4);
  for (const name of [
    'drover_store_bytes',
    'drover_log_bytes',
    'drover_state_avail_bytes',
    'process_open_fds',
  ])
    t.ok((value(name) ?? 0) > 0, name);
  t.notMatch(JSON.stringify(samples), /run_[0-9A-Z]{26}/, 'no label holds an id');

  const json = (await world.http('GET', '/v1/metrics')).json as { metrics: Record<string, number> };
  t.match(json.metrics, { runs_running: 1, runs_queued: 1, runs_finished_succeeded_total: 1, ready: 1 });
});

t.test('over TCP a scrape needs a token, and the read-only one will do', async (t) => {
  const world = await createWorld();
  t.teardown(world.close);
  const admin = writePrivate(join(world.root, 'admin'), 'admin-token\n');
  const readonly = writePrivate(join(world.root, 'readonly'), 'readonly-token\n');
  mkdirSync(world.stateRoot, { recursive: true });
  chmodSync(world.stateRoot, 0o700);
  world.configure(
    `addr = "127.0.0.1:0"\n[auth]\nadmin_token_file = "${admin}"\nreadonly_token_file = "${readonly}"\n`,
  );
  const started = await world.run(['daemon', 'start']);
  t.equal(started.code, 0, started.err);
  const port = Number(((await world.status()).address ?? '').split(':').at(-1));

  const without = await call({ port }, 'GET', '/metrics');
  const withToken = await call({ port }, 'GET', '/metrics', {
    headers: { authorization: 'Bearer readonly-token' },
  });

  t.equal(without.status, 401);
  t.equal(withToken.status, 200);
  t.match(withToken.headers['content-type'], 'text/plain; version=0.0.4');
});
