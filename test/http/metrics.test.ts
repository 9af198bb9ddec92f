import t from 'tap';
import { type MetricName, metricFamilies } from '../../src/contract/index.ts';
import { render } from '../../src/http/prometheus.ts';
import { call, startServer } from '../support/http-server.ts';
import { until } from '../support/until.ts';

t.test('a family is told once, with its help and type, and its values under it', async (t) => {
  const text = await render([
    { name: 'drover_runs', labels: { status: 'running' }, value: 2 },
    { name: 'drover_ready', value: 1 },
    { name: 'drover_runs', labels: { status: 'queued' }, value: 0 },
    { name: 'drover_build_info', labels: { version: 'a"b\\c\n', node_version: 'v24' }, value: 1 },
  ]);

  t.equal(
    text,
    [
      `# HELP drover_build_info ${metricFamilies.drover_build_info.help}`,
      '# TYPE drover_build_info gauge',
      'drover_build_info{version="a\\"b\\\\c\\n",node_version="v24"} 1',
      '',
      `# HELP drover_ready ${metricFamilies.drover_ready.help}`,
      '# TYPE drover_ready gauge',
      'drover_ready 1',
      '',
      `# HELP drover_runs ${metricFamilies.drover_runs.help}`,
      '# TYPE drover_runs gauge',
      'drover_runs{status="running"} 2',
      'drover_runs{status="queued"} 0',
      '',
    ].join('\n'),
  );
});

t.test('a histogram has its cumulative buckets, sum and count', async (t) => {
  const text = await render([
    {
      name: 'drover_run_duration_seconds',
      labels: { runtime: 'acp' },
      value: { bounds: [1, 60], counts: [1, 3], sum: 90, count: 4 },
    },
  ]);

  t.match(
    text,
    [
      'drover_run_duration_seconds_bucket{le="1",runtime="acp"} 1',
      'drover_run_duration_seconds_bucket{le="60",runtime="acp"} 3',
      'drover_run_duration_seconds_bucket{le="+Inf",runtime="acp"} 4',
      'drover_run_duration_seconds_sum{runtime="acp"} 90',
      'drover_run_duration_seconds_count{runtime="acp"} 4',
    ].join('\n'),
  );
});

t.test('names and helps follow Prometheus', async (t) => {
  for (const [name, { type, help }] of Object.entries(metricFamilies)) {
    t.match(name, /^(drover|process)_[a-z0-9_]+$/, name);
    t.equal(name.endsWith('_total'), type === 'counter', name);
    if (type === 'histogram') t.match(name, /_(seconds|bytes)$/, name);
    t.notMatch(name, /_(ms|milliseconds|kb|mb|count|sum|bucket)$/, name);
    t.match(help, /^[A-Z0-9].{10,}[^.]$/, name);
  }
});

t.test('each request is counted under its route, and what came to none apart', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  server.services.addRun('run_a', 'first');

  await call(server, 'GET', '/v1/runs/run_a');
  await call(server, 'HEAD', '/v1/runs/run_a');
  await call(server, 'GET', '/v1/runs/run_lost');
  await call(server, 'GET', '/nowhere');
  await call({ port: server.port }, 'GET', '/v1/runs');
  await call(server, 'GET', '/v1/events?follow=false');
  const figures = await until('the requests to be over', () => {
    const read = server.http.requests();
    const total = read.flatMap(({ codes }) => Object.values(codes)).reduce((sum, count) => sum + count, 0);
    return total === 6 && read;
  });

  const of = (route: string) => figures.find((one) => one.route === route);
  t.match(of('/v1/runs/{run}'), { method: 'GET', codes: { '2xx': 2, '4xx': 1 }, duration: { count: 3 } });
  t.match(of('none'), { codes: { '4xx': 2 } }, 'not found, and refused by the guard');
  t.match(of('/v1/events'), { codes: { '2xx': 1 }, duration: null }, 'a stream has no duration');
  t.equal(of('/v1/runs'), undefined, 'what the guard refuses never comes to its route');
});

t.test('a label never holds what a caller chose', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());

  for (let index = 0; index < 20; index += 1) await call(server, 'GET', `/v1/runs/run_${index}`);
  for (let index = 0; index < 20; index += 1) await call(server, 'GET', `/x${index}`);

  t.equal(server.http.requests().length, 2);
});

t.test('every name of the catalogue can be rendered', async (t) => {
  const samples = (Object.keys(metricFamilies) as MetricName[]).map((name) => ({
    name,
    value: metricFamilies[name].type === 'histogram' ? { bounds: [], counts: [], sum: 0, count: 0 } : 0,
  }));

  const text = await render(samples);

  for (const { name } of samples) t.match(text, `# TYPE ${name} ${metricFamilies[name].type}\n`);
});
