import { plainAdapter } from '../plain.ts';

/** A plain command, with nothing to read and its output in two files. */
export const commandAdapter = plainAdapter({
  runtime: 'command',
  input: 'none',
  legible: (text) => text,
  complainsOn: 'stderr',
});
