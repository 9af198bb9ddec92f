import type { Finding, Mended } from '../../doctor/index.ts';
import { escapeLine } from './escape.ts';
import { wrap } from './overview.ts';
import { count } from './span.ts';
import type { Style } from './style.ts';

const width = 96;
const indent = '           ';
const headings: Readonly<Record<string, string>> = {
  node: 'Node.js',
  unit: 'Service',
  manager: 'Service manager',
  daemon: 'Daemon',
  config: 'Configuration',
  tokens: 'Tokens',
  socket: 'Socket',
  state: 'State',
  lock: 'Lock',
  store: 'Database',
  disk: 'Disk',
  limits: 'Limits',
  clock: 'Clock',
  git: 'git',
  agents: 'Agents',
};

/** Every finding under the heading of its group: one line for what is well, all of it for what is not. */
export function formatFindings(findings: readonly Finding[], style: Style): string {
  const groups = Map.groupBy(findings, ({ check }) => check.split('.')[0] ?? '');
  const sections = [...groups].map(
    ([group, of]) =>
      `${style.bold(headings[group] ?? group)}\n${of.map((each) => formatFinding(each, style)).join('')}`,
  );
  const of = (severity: Finding['severity']) => findings.filter((each) => each.severity === severity).length;
  const summary = [
    ...(of('error') > 0 ? [style.red(count(of('error'), 'error'))] : []),
    ...(of('warning') > 0 ? [style.yellow(count(of('warning'), 'warning'))] : []),
    ...(of('note') > 0 ? [count(of('note'), 'note')] : []),
    `${of('ok')} fine`,
  ].join(', ');
  const isFixable = findings.some(({ fix }) => fix !== null);
  const hint = isFixable ? `; some can be mended by: drover doctor --fix` : '';
  return `${sections.join('\n')}\n${summary}${hint}\n`;
}

/** What was mended, and what could not be. */
export function formatMended(mended: readonly Mended[], style: Style): string {
  if (mended.length === 0) return '';
  const lines = mended.map(({ done, isDone }) => {
    const word = isDone ? style.green('mended'.padEnd(9)) : style.red('failed'.padEnd(9));
    return `  ${word}${escapeLine(done)}\n`;
  });
  return `${style.bold('Mending')}\n${lines.join('')}\n`;
}

function formatFinding({ severity, title, detail, command }: Finding, style: Style): string {
  const paint = { ok: style.green, note: style.cyan, warning: style.yellow, error: style.red }[severity];
  const more = severity === 'ok' || detail === '' ? '' : `${indented(detail)}\n`;
  const mending =
    severity === 'ok' || command === null ? '' : `${indent}${style.dim('mend:')} ${escapeLine(command)}\n`;
  return `  ${paint(severity.padEnd(9))}${indented(title).trimStart()}\n${more}${mending}`;
}

function indented(text: string): string {
  return wrap(escapeLine(text), width - indent.length).replaceAll(/^/gm, indent);
}
