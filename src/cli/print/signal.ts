import type { Signal } from '../../contract/index.ts';
import { escapeLine } from './escape.ts';
import { formatAge } from './span.ts';
import type { Style } from './style.ts';
import { formatTable } from './table.ts';

const statusColumn = 1;

/** What was said of plans as a table, in the order given. */
export function formatSignals(signals: readonly Signal[], now: number, style: Style): string {
  if (signals.length === 0) return 'no signals\n';
  return formatTable(
    [
      { heading: 'ID' },
      { heading: 'STATUS' },
      { heading: 'PLAN' },
      { heading: 'EVENT' },
      { heading: 'FROM' },
      { heading: 'AGE' },
      { heading: 'REASON' },
    ],
    signals.map((signal) => [
      escapeLine(signal.id),
      signal.status,
      escapeLine(signal.plan),
      eventOf(signal),
      escapeLine(signal.source),
      formatAge(signal.received_at, now),
      escapeLine(signal.reason ?? '-'),
    ]),
    (text, _row, column) =>
      column === statusColumn ? (text === 'done' ? style.green(text) : style.red(text)) : text,
  );
}

/** A receipt in one line. */
export function formatSignal(signal: Signal): string {
  return `${signal.status}: ${eventOf(signal)} of ${escapeLine(signal.plan)} (${escapeLine(signal.id)})\n`;
}

function eventOf({ event, wave, task }: Signal): string {
  const of = [...(wave === null ? [] : [`wave ${wave}`]), ...(task === null ? [] : [`task ${task}`])];
  return escapeLine(event) + (of.length === 0 ? '' : ` (${of.join(', ')})`);
}
