/** What a terminal obeys instead of showing it (ECMA-48): control sequences, strings up to their end, escapes, controls. */
const obeyed = new RegExp(
  [
    '(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]', // CSI: colours, cursor, modes
    '(?:\\u001b[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^\\u0007\\u001b\\u009c]*(?:\\u0007|\\u001b\\\\|\\u009c)?', // OSC, DCS and their kind
    '\\u001b[ -/]*[0-~]',
    '[\\u0000-\\u0008\\u000b-\\u000c\\u000e-\\u001f\\u007f-\\u009f]',
  ].join('|'),
  'g',
);

/** The words in what a terminal was sent. A line that was written over begins anew at each carriage return. */
export function screenText(text: string): string {
  return text.replace(obeyed, '').replace(/\r/g, '\n');
}
