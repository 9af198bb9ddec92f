import { plainAdapter } from '../plain.ts';
import { screenText } from './screen-text.ts';
import { typedLine } from './typed-line.ts';

/**
 * A program in a terminal of its own. Its stdout is what the terminal shows, errors among it; stderr has what became of the
 * terminal itself.
 */
export const terminalAdapter = plainAdapter({
  runtime: 'terminal',
  input: 'lines',
  lineOf: typedLine,
  legible: screenText,
  complainsOn: 'both',
});
