/** Several builds of the product, to go between: other versions of the same sources. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { buildProduct } from '../../scripts/build.ts';

/** The file that node runs as `drover` of that version. Its folder is removed when the test ends. */
export async function buildVersion(
  version: string,
  options: { hasNewerStore?: boolean } = {},
): Promise<string> {
  const out = mkdtempSync(join(tmpdir(), `drover-${version}-`));
  process.once('exit', () => rmSync(out, { recursive: true, force: true }));
  await buildProduct(out, { version, plugins: options.hasNewerStore ? [newerStore] : [] });
  return join(out, 'main.js');
}

/** One migration more than the sources have, as the next version that needs one would bring it. */
const newerStore: Plugin = {
  name: 'a store that is one schema newer',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/foundation\/store\/migrations\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const end = text.lastIndexOf('];');
      const migration = "'ALTER TABLE runs ADD COLUMN from_the_future TEXT;',\n";
      return { contents: `${text.slice(0, end)}${migration}${text.slice(end)}`, loader: 'ts' };
    }),
};
