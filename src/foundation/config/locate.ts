/** Where a key stands in its file; both count from 1. */
export type Place = { readonly line: number; readonly column: number };

/** A key from the top of the file: names, and indices of array items. */
export type KeyPath = readonly (string | number)[];

/** Finds the place of a key, or of its nearest parent that is written out. */
export type Locator = (path: KeyPath) => Place;

/**
 * Reads where every key of `source` stands. smol-toml does not keep places, so this walks the text again; `source` must
 * be valid TOML (already parsed), which is why nothing here checks syntax.
 */
export function locateKeys(source: string): Locator {
  const offsets = new Walker(source).walk();
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const offset = offsets.get(pathKey(path.slice(0, length)));
      if (offset !== undefined) return placeOf(source, offset);
    }
    return { line: 1, column: 1 };
  };
}

/** Line and column of an offset. */
export function placeOf(source: string, offset: number): Place {
  const before = source.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}

function pathKey(path: KeyPath): string {
  return path.map((part) => JSON.stringify(String(part))).join('.');
}

const bareKeyChar = /[A-Za-z0-9_-]/;

/** One pass over valid TOML; owns the position in it. */
class Walker {
  readonly #source: string;
  readonly #offsets = new Map<string, number>();
  /** How many `[[tables]]` of a path there have been. */
  readonly #arrayLengths = new Map<string, number>();
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  walk(): ReadonlyMap<string, number> {
    let table: KeyPath = [];
    for (this.#skipBlank(); this.#at < this.#source.length; this.#skipBlank()) {
      if (this.#source[this.#at] === '[') table = this.#header();
      else this.#pair(table);
    }
    return this.#offsets;
  }

  #header(): KeyPath {
    const isArray = this.#source[this.#at + 1] === '[';
    const start = this.#at;
    this.#at += isArray ? 2 : 1;
    const { names } = this.#dottedKey();
    this.#at += isArray ? 2 : 1;
    let path: KeyPath = [];
    for (const [index, name] of names.entries()) {
      path = [...path, name];
      const isLast = index === names.length - 1;
      if (isLast && isArray) {
        this.#arrayLengths.set(pathKey(path), (this.#arrayLengths.get(pathKey(path)) ?? 0) + 1);
      }
      this.#note(path, start);
      const length = this.#arrayLengths.get(pathKey(path));
      if (length !== undefined) path = [...path, length - 1];
    }
    this.#note(path, start);
    return path;
  }

  /** `a.b = value`, in a table or an inline table. */
  #pair(table: KeyPath): void {
    const { names, offsets } = this.#dottedKey();
    for (const index of names.keys())
      this.#note([...table, ...names.slice(0, index + 1)], offsets[index] ?? 0);
    this.#at++; // the equals sign
    this.#value([...table, ...names]);
  }

  #dottedKey(): { names: string[]; offsets: number[] } {
    const names: string[] = [];
    const offsets: number[] = [];
    for (;;) {
      this.#skipSpace();
      offsets.push(this.#at);
      names.push(this.#keyPart());
      this.#skipSpace();
      if (this.#source[this.#at] !== '.') return { names, offsets };
      this.#at++;
    }
  }

  #keyPart(): string {
    const start = this.#at;
    const quote = this.#source[start];
    if (quote === '"' || quote === "'") {
      this.#string();
      const raw = this.#source.slice(start + 1, this.#at - 1);
      return quote === '"' ? unescapeBasic(raw) : raw;
    }
    while (bareKeyChar.test(this.#source[this.#at] ?? '')) this.#at++;
    if (this.#at === start) this.#at++; // never stand still
    return this.#source.slice(start, this.#at);
  }

  #value(path: KeyPath): void {
    this.#skipSpace();
    const first = this.#source[this.#at];
    if (first === '"' || first === "'") this.#string();
    else if (first === '[') this.#array(path);
    else if (first === '{') this.#inlineTable(path);
    else while (this.#at < this.#source.length && !/[,\]}#\n]/.test(this.#source[this.#at] ?? '')) this.#at++;
  }

  #array(path: KeyPath): void {
    this.#at++;
    for (let index = 0; ; index++) {
      this.#skipBlank();
      if (this.#at >= this.#source.length || this.#source[this.#at] === ']') break;
      this.#note([...path, index], this.#at);
      this.#value([...path, index]);
      this.#skipBlank();
    }
    this.#at++;
  }

  #inlineTable(path: KeyPath): void {
    this.#at++;
    for (;;) {
      this.#skipBlank();
      if (this.#at >= this.#source.length || this.#source[this.#at] === '}') break;
      this.#pair(path);
    }
    this.#at++;
  }

  /** Skips a string of any of the four kinds. */
  #string(): void {
    const quote = this.#source[this.#at] ?? '';
    const isLong = this.#source.startsWith(quote.repeat(3), this.#at);
    const end = isLong ? quote.repeat(3) : quote;
    this.#at += end.length;
    while (this.#at < this.#source.length && !this.#source.startsWith(end, this.#at)) {
      this.#at += quote === '"' && this.#source[this.#at] === '\\' ? 2 : 1;
    }
    this.#at += end.length;
    // A long string may end in up to two quotes of its own: `"""a"""""`.
    for (let extra = 0; isLong && extra < 2 && this.#source[this.#at] === quote; extra++) this.#at++;
  }

  #note(path: KeyPath, offset: number): void {
    const key = pathKey(path);
    if (!this.#offsets.has(key)) this.#offsets.set(key, offset);
  }

  #skipSpace(): void {
    while (/[ \t]/.test(this.#source[this.#at] ?? '')) this.#at++;
  }

  /** Space, line ends, commas between items, and comments. */
  #skipBlank(): void {
    for (;;) {
      while (/[\s,\uFEFF]/.test(this.#source[this.#at] ?? '')) this.#at++;
      if (this.#source[this.#at] !== '#') return;
      while (this.#at < this.#source.length && this.#source[this.#at] !== '\n') this.#at++;
    }
  }
}

function unescapeBasic(raw: string): string {
  const simple: Readonly<Record<string, string>> = {
    b: '\b',
    t: '\t',
    n: '\n',
    f: '\f',
    r: '\r',
    e: '\u001b',
  };
  return raw.replace(/\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|.)/g, (_all, code: string) =>
    code.length > 1 ? String.fromCodePoint(Number.parseInt(code.slice(1), 16)) : (simple[code] ?? code),
  );
}
