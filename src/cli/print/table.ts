/** A column: its heading and how wide it may get. */
export type Column = { readonly heading: string; readonly maxWidth?: number; readonly alignRight?: boolean };

/**
 * Rows under headings, aligned, two spaces between columns, no space at line ends. `decorate` adds colours after the
 * widths are known.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  decorate: (text: string, row: number, column: number) => string = (text) => text,
): string {
  const cut = rows.map((row) => row.map((cell, index) => cutTo(cell, columns[index]?.maxWidth)));
  const widths = columns.map((column, index) =>
    Math.max(widthOf(column.heading), ...cut.map((row) => widthOf(row[index] ?? ''))),
  );
  const lineOf = (cells: readonly string[], paint: (text: string, column: number) => string) =>
    cells
      .map((cell, index) => {
        const padding = ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell)));
        const text = paint(cell, index);
        if (columns[index]?.alignRight) return padding + text;
        return index === columns.length - 1 ? text : text + padding;
      })
      .join('  ')
      .trimEnd();
  const lines = [
    lineOf(
      columns.map((column) => column.heading),
      (text) => text,
    ),
  ];
  for (const [row, cells] of cut.entries())
    lines.push(lineOf(cells, (text, column) => decorate(text, row, column)));
  return `${lines.join('\n')}\n`;
}

/** Columns that `text` takes on a terminal: wide East Asian characters and emoji count two, combining marks none. */
export function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (/\p{Mark}|\u200d|\ufe0f/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}

/** `text` in at most `max` columns, with an ellipsis where something was left out. */
export function cutTo(text: string, max: number | undefined): string {
  if (max === undefined || widthOf(text) <= max) return text;
  let cut = '';
  for (const character of text) {
    if (widthOf(cut) + widthOf(character) > max - 1) break;
    cut += character;
  }
  return `${cut}…`;
}
