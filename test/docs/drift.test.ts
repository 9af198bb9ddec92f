import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { runCommand } from '../../src/base/index.ts';
import { config, errorCodeNames, eventTypes, version } from '../../src/contract/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const textOf = (name: string) => readFileSync(`${root}${name}`, 'utf8');

void t.test('the generated pages are what the code says', async (t) => {
  const result = await runCommand(process.execPath, [`${root}scripts/docs.ts`, '--check'], {
    env: { PATH: process.env.PATH ?? '' },
    timeoutMs: 60_000,
  });

  t.equal(result.code, 0, result.stderr.toString());
});

void t.test('every error code and event type has its section', async (t) => {
  const errors = textOf('docs/errors.md');
  const events = textOf('docs/events.md');

  for (const code of errorCodeNames) t.match(errors, `\n## ${code}\n`);
  for (const type of eventTypes) t.match(events, `\n## ${type}\n`);
});

void t.test('the example configuration is valid and holds the defaults', async (t) => {
  const { parse } = await import('smol-toml');

  const example = config.parse(parse(textOf('config.example.toml')));

  t.same(example, config.parse({}));
});

void t.test('the version is the one of the package', async (t) => {
  t.equal(JSON.parse(textOf('package.json')).version, version);
});
