/** What a property list can hold, as far as launchd's files use it. */
export type PlistValue = string | number | boolean | readonly PlistValue[] | PlistDict;
export type PlistDict = ReadonlyMap<string, PlistValue>;

/** Why a text is not a property list that we read; the message says where. */
export class PlistError extends Error {}

/**
 * `text` for the inside of an element. XML has no way to write most control characters: a PlistError names them, because
 * a path that silently became another one would be worse.
 */
export function escapeXml(text: string): string {
  const bad = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.exec(text);
  if (bad !== null) {
    const code = bad[0].codePointAt(0)?.toString(16).padStart(4, '0');
    throw new PlistError(`U+${code} cannot be written in a property list: ${JSON.stringify(text)}`);
  }
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;'); // a bare one is read as a line feed
}

/**
 * Reads an XML property list whose root is a dictionary. Strict where launchd is lenient: a duplicate key, a value without
 * a key, text between elements and unknown elements are PlistErrors. Dates and data do not occur in launchd's files.
 */
export function parsePlist(text: string): PlistDict {
  const tokens = tokenize(text);
  let at = 0;
  const peek = () => tokens[at] ?? { kind: 'end', line: 0 };
  const next = () => tokens[at++] ?? { kind: 'end', line: 0 };
  const expect = (kind: Token['kind'], name: string) => {
    const token = next();
    if (token.kind !== kind || nameOf(token) !== name) throw unexpected(token, `<${name}>`);
  };
  const dict = (): PlistDict => {
    const entries = new Map<string, PlistValue>();
    while (peek().kind !== 'close') {
      const { line } = peek();
      expect('open', 'key');
      const key = textUntil('key');
      if (entries.has(key)) throw new PlistError(`Line ${line}: the key ${key} is there twice`);
      entries.set(key, value());
    }
    return entries;
  };
  const array = (): readonly PlistValue[] => {
    const items: PlistValue[] = [];
    while (peek().kind !== 'close') items.push(value());
    return items;
  };
  const textUntil = (name: string): string => {
    const token = peek();
    const content = token.kind === 'text' ? token.text : '';
    if (token.kind === 'text') next();
    expect('close', name);
    return content;
  };
  const value = (): PlistValue => {
    const token = next();
    const name = nameOf(token);
    if (token.kind === 'empty' && (name === 'true' || name === 'false')) return name === 'true';
    if (token.kind === 'empty' && name === 'string') return '';
    if (token.kind === 'empty' && name === 'dict') return new Map();
    if (token.kind === 'empty' && name === 'array') return [];
    if (token.kind !== 'open') throw unexpected(token, 'a value');
    if (name === 'string') return textUntil('string');
    if (name === 'integer') return integerOf(textUntil('integer'), token.line);
    if (name !== 'dict' && name !== 'array') throw unexpected(token, 'a value');
    const inside = name === 'dict' ? dict() : array();
    expect('close', name);
    return inside;
  };

  expect('open', 'plist');
  const root = value();
  expect('close', 'plist');
  if (peek().kind !== 'end') throw unexpected(peek(), 'the end');
  if (!(root instanceof Map)) throw new PlistError('The root is not a dictionary');
  return root;
}

type Token =
  | { readonly kind: 'open' | 'close' | 'empty'; readonly name: string; readonly line: number }
  | { readonly kind: 'text'; readonly text: string; readonly line: number }
  | { readonly kind: 'end'; readonly line: number };

const piece =
  /<\?xml\b[^>]*\?>|<!DOCTYPE\b[^>]*>|<!--(?:(?!--)[\s\S])*-->|<(\/?)([A-Za-z]+)(?:\s[^<>]*?)?(\/?)>|([^<]+)/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  piece.lastIndex = 0;
  while (piece.lastIndex < text.length) {
    const start = piece.lastIndex;
    const match = piece.exec(text);
    if (match === null) throw new PlistError(`Line ${line}: not XML: ${text.slice(start, start + 20)}`);
    const [whole, slash, name, empty, content] = match;
    if (name !== undefined) {
      const kind = slash === '/' ? 'close' : empty === '/' ? 'empty' : 'open';
      tokens.push({ kind, name, line });
    } else if (content !== undefined) pushText(tokens, unescapeXml(content, line), line);
    line += whole.split('\n').length - 1;
  }
  return tokens;
}

/** Space between elements means nothing; within the text elements it is part of the value. */
function pushText(tokens: Token[], text: string, line: number): void {
  const last = tokens.at(-1);
  const isValue = last?.kind === 'open' && ['string', 'key', 'integer'].includes(last.name);
  if (isValue) tokens.push({ kind: 'text', text, line });
  else if (text.trim() !== '') throw new PlistError(`Line ${line}: text between elements: ${text.trim()}`);
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string, line: number): string {
  return text.replaceAll('\r\n', '\n').replaceAll(/&([^;\s]*)(;?)/g, (whole, name: string, end: string) => {
    const code = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
    const point = code === null ? null : Number.parseInt(code[1] ?? code[2] ?? '', code[1] ? 16 : 10);
    const known =
      point === null ? entities[name] : point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
    if (end === '' || known === undefined) throw new PlistError(`Line ${line}: not an entity: ${whole}`);
    return known;
  });
}

function integerOf(text: string, line: number): number {
  if (!/^-?\d{1,15}$/.test(text.trim())) throw new PlistError(`Line ${line}: not an integer: ${text}`);
  return Number(text);
}

function nameOf(token: Token): string {
  return 'name' in token ? token.name : '';
}

function unexpected(token: Token, wanted: string): PlistError {
  const found = 'name' in token ? `<${token.kind === 'close' ? '/' : ''}${token.name}>` : token.kind;
  return new PlistError(`Line ${token.line}: ${found} where ${wanted} belongs`);
}
