/**
 * `npm run docs`: writes docs/{cli,config,errors,events,api,metrics}.md, the table in docs/plans.md and
 * config.example.toml from the code. With `--check` it writes nothing and exits 1 when one of them is not what the code
 * says.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apiPage } from './docs/api.ts';
import { cliPage } from './docs/cli.ts';
import { configExample, configPage } from './docs/config.ts';
import { errorsPage } from './docs/errors.ts';
import { eventsPage } from './docs/events.ts';
import { metricsPage } from './docs/metrics.ts';
import { plansPage } from './docs/plans.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const pages: Readonly<Record<string, () => string>> = {
  'docs/cli.md': cliPage,
  'docs/config.md': configPage,
  'docs/errors.md': errorsPage,
  'docs/events.md': eventsPage,
  'docs/api.md': apiPage,
  'docs/metrics.md': metricsPage,
  'docs/plans.md': plansPage,
  'config.example.toml': configExample,
};

const isCheck = process.argv.includes('--check');
mkdirSync(`${root}docs`, { recursive: true });
for (const [name, make] of Object.entries(pages)) {
  const wanted = make();
  if (!isCheck) {
    writeFileSync(`${root}${name}`, wanted);
  } else if (currentText(`${root}${name}`) !== wanted) {
    process.stderr.write(`${name} is not what the code says: run npm run docs\n`);
    process.exitCode = 1;
  }
}

function currentText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // a page that is not there is a page that is wrong
  }
}
