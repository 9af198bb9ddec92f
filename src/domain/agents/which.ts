import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Where `program` is found on `path` (a PATH), as a shell would; null if nowhere. Relative entries are not searched. */
export function findProgram(program: string, path: string): string | null {
  if (program.includes('/')) return isExecutable(program) ? program : null;
  for (const folder of path.split(delimiter)) {
    if (!isAbsolute(folder)) continue; // `.` on PATH would make a repository's files programs
    const candidate = join(folder, program);
    if (isExecutable(candidate)) return candidate;
  }
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // absent or not ours to run: the answer is no
  }
}
