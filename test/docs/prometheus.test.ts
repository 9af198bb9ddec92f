import { accessSync, constants, copyFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import t from 'tap';
import { parse, stringify } from 'yaml';
import { runCommand } from '../../src/base/index.ts';
import { type MetricFamily, metricFamilies } from '../../src/contract/index.ts';
import { root, textOf } from '../support/house.ts';
import { alertCases, healthySeries } from './alerts.ts';

type Rule = {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
};
const alertsFile = 'docs/prometheus/alerts.yml';
const { groups } = parse(textOf(alertsFile)) as { groups: { name: string; rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** The metrics that an expression names; throws what is no PromQL. */
function metricsOf(expression: string): string[] {
  const names: string[] = [];
  parser.parse(expression).iterate({
    enter: (node) => {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${expression}`);
      if (node.name === 'VectorSelector') {
        const text = expression.slice(node.from, node.to);
        names.push(text.replace(/\{.*/s, ''));
      }
    },
  });
  return names;
}

t.test('every alert is PromQL over figures that exist, and says what to look at', async (t) => {
  const families = new Set([...Object.keys(metricFamilies), 'up']);
  t.throws(() => metricsOf('sum by (x) (a'), 'what is broken is seen');

  for (const { alert, expr, labels, annotations } of rules) {
    const names = metricsOf(expr);
    t.ok(names.length > 0, alert);
    for (const name of names) t.ok(families.has(name), `${alert}: ${name}`);
    t.ok(['critical', 'warning', 'info'].includes(labels.severity), alert);
    t.match(annotations.summary, /\{\{ \$labels\.instance \}\}/, alert);
  }
});

t.test('no label of an alert is unknown to its figure', async (t) => {
  for (const { alert, expr } of rules) {
    for (const [, name = '', matchers = ''] of expr.matchAll(/(\w+)\{([^}]*)\}/g)) {
      const family = (metricFamilies as Record<string, MetricFamily>)[name];
      const known = ['job', 'instance', ...(family?.labels ?? [])];
      for (const [, label = ''] of matchers.matchAll(/(\w+)\s*[=!]/g))
        t.ok(known.includes(label), `${alert}: ${name}{${label}}`);
    }
  }
});

t.test('every alert has a case that must make it fire', async (t) => {
  t.same(Object.keys(alertCases).sort(), rules.map(({ alert }) => alert).sort());
});

t.test('the scrape configuration asks for what the daemon serves', async (t) => {
  const { scrape_configs, rule_files } = parse(textOf('docs/prometheus/scrape.yml'));

  t.same(rule_files, ['alerts.yml']);
  t.match(scrape_configs, [
    { job_name: 'drover', metrics_path: '/metrics', authorization: { type: 'Bearer' } },
  ]);
});

const promtool = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'promtool'))
  .find(isProgram);

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not here
  }
}

t.test(
  'promtool takes the files, every alert fires on its case, and none on a healthy daemon',
  { skip: promtool === undefined ? 'promtool is not installed' : false },
  async (t) => {
    const folder = t.testdir();
    const check = async (...args: string[]) => {
      const result = await runCommand(promtool ?? '', args, { cwd: folder, env: {}, timeoutMs: 30_000 });
      t.equal(result.code, 0, `${args.join(' ')}: ${result.stdout.toString()}${result.stderr.toString()}`);
    };
    for (const name of ['alerts.yml', 'scrape.yml'])
      copyFileSync(`${root}docs/prometheus/${name}`, join(folder, name));
    writeFileSync(join(folder, 'rules-test.yml'), stringify(ruleTests()));

    await check('check', 'rules', 'alerts.yml');
    await check('check', 'config', '--syntax-only', 'scrape.yml');
    await check('test', 'rules', 'rules-test.yml');
  },
);

function ruleTests() {
  const input = (series: (typeof alertCases)[string]['series']) =>
    series.map(([name, values]) => ({ series: name, values }));
  const fires = rules.map(({ alert, labels, annotations }) => {
    const { series, at } = alertCases[alert] ?? { series: [], at: '0m' };
    const isAggregated = ['DroverRunsInterrupted', 'DroverServerErrors'].includes(alert);
    const kept = isAggregated ? { instance: 'host' } : { instance: 'host', job: 'drover' };
    const summary = annotations.summary.replace('{{ $labels.instance }}', 'host');
    return {
      name: alert,
      interval: '1m',
      input_series: input(series),
      alert_rule_test: [
        {
          eval_time: at,
          alertname: alert,
          exp_alerts: [{ exp_labels: { ...labels, ...kept }, exp_annotations: { summary } }],
        },
      ],
    };
  });
  const quiet = {
    name: 'healthy',
    interval: '1m',
    input_series: input(healthySeries),
    alert_rule_test: rules.flatMap(({ alert }) =>
      ['30m', '400m'].map((at) => ({ eval_time: at, alertname: alert, exp_alerts: [] })),
    ),
  };
  return { rule_files: ['alerts.yml'], evaluation_interval: '1m', tests: [...fires, quiet] };
}
