/** Keys that are no text: what a program would take for Ctrl-C, Esc or the end of a paste. */
const keys = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * The line of `in.fifo` for which a terminal types `text` and Enter: its length in bytes, its key, which holds no space,
 * and the text, in which `\` and line feeds are as printf's `%b` reads them. `terminal.sh` passes over a line that has not
 * its length, which a writer that was killed left unfinished, and over one that has the key of the line before.
 */
export function typedLine({ key, text }: { readonly key: string; readonly text: string }): string {
  const plain = text.replaceAll('\r\n', '\n').replace(keys, '');
  const line = plain.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `${Buffer.byteLength(line)} ${key} ${line}`;
}
