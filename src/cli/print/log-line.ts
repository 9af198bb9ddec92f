import { escapeLine } from './escape.ts';
import type { Style } from './style.ts';

const levels: Readonly<Record<string, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const ownKeys = ['level', 'time', 'msg', 'pid', 'hostname'];

/** One line of the daemon's log for a person; a line that is not JSON is shown as it is. */
export function formatLogLine(line: string, style: Style): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line);
  } catch {
    return `${escapeLine(line)}\n`;
  }
  const level = levels[String(entry.level)] ?? String(entry.level ?? '');
  const time = typeof entry.time === 'number' ? new Date(entry.time).toISOString() : String(entry.time ?? '');
  const paint =
    level === 'error' || level === 'fatal' ? style.red : level === 'warn' ? style.yellow : style.dim;
  const fields = Object.entries(entry)
    .filter(([key]) => !ownKeys.includes(key))
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('');
  return `${style.dim(escapeLine(time))} ${paint(escapeLine(level).padEnd(5))} ${escapeLine(String(entry.msg ?? ''))}${style.dim(escapeLine(fields))}\n`;
}
