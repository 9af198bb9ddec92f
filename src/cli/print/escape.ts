/**
 * Control characters and the marks that reorder text, made visible: what an agent wrote is shown, never obeyed by the
 * terminal. Line feeds and tabs stay.
 */
export function escapeControls(text: string): string {
  if (/^[\t\n -~]*$/.test(text)) return text; // the common case, without the large expression below
  return text.replace(
    /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    (character) => {
      const code = character.charCodeAt(0);
      if (code === 0x1b) return '\\e';
      if (code === 0x0d) return '\\r';
      return code < 0x100
        ? `\\x${code.toString(16).padStart(2, '0')}`
        : `\\u${code.toString(16).padStart(4, '0')}`;
    },
  );
}

/** The same for one line of a table or a title: line feeds and tabs become spaces. */
export function escapeLine(text: string): string {
  return escapeControls(text.replace(/\r?\n|\t/g, ' '));
}
