/**
 * `value` as one line of JSON that a terminal only shows: what it would obey, or what reorders text, is written as an
 * escape, which any reader of JSON takes for the same character.
 */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value).replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${text}\n`;
}
