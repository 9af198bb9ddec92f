import { escapeControls } from './escape.ts';
import type { Style } from './style.ts';

/** A patch for a terminal: nothing in it is obeyed, added and removed lines have their colour. */
export function formatPatch(patch: string, style: Style): string {
  return escapeControls(patch)
    .split('\n')
    .map((line) => {
      if (/^(diff |index |---|\+\+\+|new file|deleted file|rename |similarity )/.test(line))
        return style.bold(line);
      if (line.startsWith('@@')) return style.cyan(line);
      if (line.startsWith('+')) return style.green(line);
      return line.startsWith('-') ? style.red(line) : line;
    })
    .join('\n');
}
