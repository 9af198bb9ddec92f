import { parse as parseToml, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { AppError, type Config, config, type RepoConfig, repoConfig } from '../../contract/index.ts';
import { excerpt } from './excerpt.ts';
import { type ConfigProblem, explainIssues, formatKey } from './explain.ts';
import { type KeyPath, locateKeys } from './locate.ts';

/** Problems named in one message; the rest are counted. */
export const maxShownProblems = 10;

/** The configuration that nobody wrote a file for. */
export function defaultConfig(): Config {
  return config.parse({});
}

/**
 * Checks the text of `daemon.toml` against the schema and fills in defaults. Throws `config_invalid` whose message names
 * `path`, line, column and key of each problem in file order; `fields.problems` holds them for a program.
 */
export function parseConfig(source: string, path: string): Config {
  return parseAs(config, source, path);
}

/** The same for the text of a repository's own `.drover/config.toml`. */
export function parseRepoConfig(source: string, path: string): RepoConfig {
  return parseAs(repoConfig, source, path);
}

function parseAs<Schema extends z.ZodType>(root: Schema, source: string, path: string): z.output<Schema> {
  const raw = parseSyntax(source, path);
  const result = root.safeParse(raw);
  const locate = locateKeys(source);
  const problems = [
    ...explainIssues(result.error?.issues ?? [], { root, raw, locate }),
    // Zod leaves this one out of records without a word.
    ...protoKeys(raw).map((key) => ({
      ...locate(key),
      key: formatKey(key),
      message: "'__proto__' cannot be a key",
    })),
  ];
  if (result.success && problems.length === 0) return result.data;
  throw configInvalid(path, problems);
}

function protoKeys(value: unknown, above: KeyPath = []): KeyPath[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === '__proto__' ? [[...above, name]] : protoKeys(inner, [...above, name]),
  );
}

function parseSyntax(source: string, path: string): unknown {
  try {
    return parseToml(source.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (!(error instanceof TomlError)) {
      throw new AppError('config_invalid', `${path} cannot be parsed as TOML`, { cause: error });
    }
    const { line, column } = error;
    const reason = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? 'bad syntax';
    throw new AppError(
      'config_invalid',
      `${path}:${line}:${column}: bad TOML: ${reason}\n${excerpt(source, { line, column })}`,
      {
        hint: 'strings need quotes, and each key stands on a line of its own as key = value',
        fields: { problems: [{ line, column, key: null, message: reason }] },
      },
    );
  }
}

function configInvalid(path: string, problems: readonly ConfigProblem[]): AppError {
  const shown = problems.slice(0, maxShownProblems);
  const sentences = shown.map(({ line, column, message, hint }, index) => {
    const advice = hint === undefined || (index === 0 && shown.length === 1) ? '' : ` (${hint})`;
    return `${path}:${line}:${column}: ${message}${advice}`;
  });
  if (problems.length > shown.length) sentences.push(`and ${problems.length - shown.length} more`);
  const only = shown.length === 1 ? shown[0]?.hint : undefined;
  return new AppError('config_invalid', sentences.join('\n'), {
    hint: only ?? 'docs/config.md and config.example.toml list every key',
    fields: { problems },
  });
}
