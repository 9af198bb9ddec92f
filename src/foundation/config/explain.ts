import type { z } from 'zod';
import { configKeys, definitionOf, keysOfTable, schemaAt } from './keys.ts';
import type { KeyPath, Locator, Place } from './locate.ts';
import { nearestSpelling } from './nearest.ts';

/** One thing that is wrong in the file. */
export type ConfigProblem = Place & {
  readonly key: string;
  readonly message: string;
  readonly hint?: string;
};

type Issue = z.core.$ZodIssue;

/** A parsed file and the schema that it was checked against. */
export type ConfigFile = {
  readonly root: z.core.$ZodType;
  readonly raw: unknown;
  readonly locate: Locator;
};

/** Tells each issue of the schema in the words of the file, with the line of the key it is about, in file order. */
export function explainIssues(issues: readonly Issue[], file: ConfigFile): ConfigProblem[] {
  return issues
    .flatMap((issue) => explainIssue(issue, file))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

function explainIssue(issue: Issue, file: ConfigFile): ConfigProblem[] {
  const { root, raw, locate } = file;
  const path = issue.path as KeyPath;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((name) => unknownKey(path, name, file));
  const key = formatKey(path);
  const value = valueAt(raw, path);
  const place = locate(path);
  if (issue.code === 'invalid_key') {
    return [{ ...place, key, message: `'${key}' has a name that cannot be used: ${keyRule(issue)}` }];
  }
  if (value === undefined)
    return [{ ...place, key, message: `'${key}' is missing: ${expectation(issue, path, root)}` }];
  const problem = {
    ...place,
    key,
    message: `'${key}' is ${show(value, path)}: ${expectation(issue, path, root)}`,
  };
  const nearest = typeof value === 'string' ? nearestSpelling(value, rightSpellings(issue)) : null;
  return [nearest === null ? problem : { ...problem, hint: `did you mean "${nearest}"?` }];
}

/** What the value could have been, where those are few. */
function rightSpellings(issue: Issue): readonly string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  const candidates: unknown = issue.code === 'custom' ? issue.params?.candidates : undefined;
  return Array.isArray(candidates) ? candidates.map(String) : [];
}

function unknownKey(table: KeyPath, name: string, { root, locate }: ConfigFile): ConfigProblem {
  const path = [...table, name];
  const key = formatKey(path);
  const problem = { ...locate(path), key, message: `unknown key '${key}'` };
  const nearest = nearestSpelling(name, keysOfTable(root, table));
  if (nearest !== null) return { ...problem, hint: `did you mean '${formatKey([...table, nearest])}'?` };
  const known = configKeys(root).map((each) => each.path);
  const elsewhere =
    known.find((each) => each.at(-1) === name) ??
    known.find((each) => nearestSpelling(name, [each.at(-1) ?? '']) !== null);
  if (elsewhere === undefined) return problem;
  const parent = elsewhere.slice(0, -1);
  const where = parent.length === 0 ? 'above the first [table]' : `in [${parent.join('.')}]`;
  return { ...problem, hint: `'${elsewhere.at(-1)}' belongs ${where}` };
}

/** What the schema wanted, as the end of a sentence. */
function expectation(issue: Issue, path: KeyPath, root: z.core.$ZodType): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'array' && isTables(root, path))
        return `expected tables that begin with [[${formatKey(path)}]]`;
      return `expected ${issue.expected === 'number' ? typeOf(root, path) : (typeWords[issue.expected] ?? issue.expected)}`;
    case 'invalid_value':
      return `expected ${oneOf(issue.values.map((value) => JSON.stringify(value)))}`;
    case 'too_small':
      if (issue.origin === 'array') return `expected at least ${items(issue.minimum)}`;
      if (issue.origin === 'string') return 'expected a text that is not empty';
      return `expected ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'array') return `expected at most ${items(issue.maximum)}`;
      if (issue.origin === 'string') return `expected at most ${issue.maximum} characters`;
      return `expected ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    default:
      return issue.message.startsWith('expected') ? issue.message : `expected ${typeOf(root, path)}`;
  }
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a string in quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list in [brackets]',
  object: 'a table',
  record: 'a table',
};

function typeOf(root: z.core.$ZodType, path: KeyPath): string {
  const schema = schemaAt(root, path);
  if (schema === undefined) return 'another value';
  const { type, format } = definitionOf(schema);
  return typeWords[format === 'safeint' ? 'int' : type] ?? 'another value';
}

function keyRule(issue: Extract<Issue, { code: 'invalid_key' }>): string {
  const inner = issue.issues[0]?.message ?? '';
  return inner.startsWith('expected')
    ? inner
    : 'expected letters, digits and underscores, not starting with a digit';
}

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function isTables(root: z.core.$ZodType, path: KeyPath): boolean {
  const schema = schemaAt(root, [...path, 0]);
  return schema !== undefined && definitionOf(schema).type === 'object';
}

function items(count: number | bigint): string {
  return `${count} ${Number(count) === 1 ? 'item' : 'items'}`;
}

/** The value for a message. What stands in a table of variables or headers, or in an address, may be a secret. */
function show(value: unknown, path: KeyPath): string {
  if (path.includes('env') || path.includes('headers') || path.at(-1) === 'url') return 'not right';
  if (value instanceof Date) return 'a date';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a table';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(raw: unknown, path: KeyPath): unknown {
  let value = raw;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** A key as one writes it in TOML. */
export function formatKey(path: KeyPath): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = /^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part);
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}
