import { asText, type Fields } from './fields.ts';

/** A request that names more files than this is one whose files are not known: a rule must not judge it by some. */
export const maxPaths = 256;
/** The same for a path that is longer, in characters. */
export const maxPathChars = 1024;

/** Which files a request is about, as its agent says them; null where that is not known. */
export type RequestPaths = readonly string[] | null;

/** The names by which tools of the agents take the file that they are about. */
const names: readonly string[] = ['file_path', 'filePath', 'notebook_path', 'path', 'absolute_path'];

/** The files that the input of a tool names. A command names none: what it touches only its shell knows. */
export function pathsOfInput(input: Fields): string[] {
  return names.flatMap((name) => asText(input[name]) ?? []);
}

/** Paths as a request has them: each once, and all or none. */
export function boundPaths(paths: readonly string[]): RequestPaths {
  const each = [...new Set(paths)];
  return each.length > maxPaths || each.some((path) => path.length > maxPathChars) ? null : each;
}
