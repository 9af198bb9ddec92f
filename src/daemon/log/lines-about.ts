import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseLogFileName, sortLogFiles } from './files.ts';

/** The lines of the daemon's log, oldest first, that name this run; files of days before `since` are not read. */
export async function* linesAboutRun(
  folder: string,
  { runId, since }: { readonly runId: string; readonly since: Date },
): AsyncGenerator<string> {
  const field = `"run":${JSON.stringify(runId)}`;
  const names = await readdir(folder).catch(() => []); // nothing was ever logged
  const files = sortLogFiles(names.map((name) => ({ name, bytes: 0 })));
  const firstDay = since.toISOString().slice(0, 10);
  for (const { name } of files) {
    if ((parseLogFileName(name)?.day ?? '') < firstDay) continue;
    const input = createReadStream(join(folder, name), 'utf8');
    input.on('error', () => {}); // rotation removed it meanwhile: its lines are gone
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
      if (line.includes(field)) yield line;
  }
}
