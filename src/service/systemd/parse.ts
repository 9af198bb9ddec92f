import { serviceVariable } from '../names.ts';
import type { InstalledSpec } from '../types.ts';
import { splitWords, withoutDollars } from './words.ts';

const startWords = ['daemon', 'start', '--foreground'];

/** Reads a unit file of drover's back; null when it is not one that drover could have written, even edited. */
export function parseUnit(text: string): InstalledSpec | null {
  const settings = settingsOf(text);
  const [start, ...more] = settings.filter(([key]) => key === 'ExecStart');
  const words = start === undefined || more.length > 0 ? null : splitWords(start[1]);
  const [node, program, ...rest] = words ?? [];
  if (!node?.startsWith('/') || !program?.startsWith('/')) return null;
  const args = rest.map(withoutDollars);
  if (startWords.some((word, index) => args[index] !== word)) return null;
  const environment: Record<string, string> = {};
  for (const [key, value] of settings) {
    if (key !== 'Environment') continue;
    for (const word of splitWords(value) ?? []) {
      const at = word.indexOf('=');
      if (at > 0) environment[word.slice(0, at)] = word.slice(at + 1);
    }
  }
  const { PATH: path = '', [serviceVariable]: _service, ...places } = environment;
  return {
    node,
    program: withoutDollars(program),
    args: args.slice(startWords.length),
    path,
    environment: places,
    socketActivation: settings.some(([key, value]) => key === 'Requires' && /\.socket\b/.test(value)),
  };
}

/** `Key=value` of every line, with lines that end in a backslash joined as systemd does. */
function settingsOf(text: string): [string, string][] {
  const settings: [string, string][] = [];
  for (const line of text.replaceAll(/\\\n/g, ' ').split('\n')) {
    const match = /^[ \t]*([A-Za-z]+)[ \t]*=[ \t]*(.*?)[ \t\r]*$/s.exec(line);
    if (match !== null) settings.push([match[1] ?? '', match[2] ?? '']);
  }
  return settings;
}
