import { type CatalogueEntry, catalogueOf, createCli, isCommon, spellOption } from '../../src/cli/index.ts';
import { generated, markdownTable } from './markdown.ts';

const exitCodeRows = [
  ['0', 'ok'],
  ['1', 'failed; also: the run that was waited for failed, was canceled or interrupted'],
  ['2', 'wrong usage or bad input'],
  ['3', 'daemon not running'],
  ['4', 'not allowed'],
  ['5', 'not found'],
  ['6', 'conflict'],
  ['7', 'try again: busy, out of time, draining'],
  ['8', 'the run waits for a person'],
];

/** docs/cli.md: every command with its options and examples. */
export function cliPage(): string {
  const catalogue = catalogueOf(createCli());
  const common = catalogue[0]?.options.filter(isCommon) ?? [];
  const categories = [...new Set(catalogue.map((entry) => entry.category))];
  return [
    generated,
    '# Commands\n\n',
    'Results go to stdout, progress to stderr; `--json` prints what the HTTP API answers. Colours appear only on a terminal and never with `NO_COLOR`. What an agent wrote is shown with its control characters escaped.\n\n',
    '## Options of every command\n\n',
    markdownTable(
      ['Option', ''],
      common.map((option) => [`\`${spellOption(option)}\``, option.description]),
    ),
    '\n## Exit codes\n\n',
    markdownTable(['Code', 'Meaning'], exitCodeRows),
    '\nShort forms: `drover d …` is `drover daemon …`, `drover --bg PROMPT` is `drover run --bg PROMPT`.\n',
    ...categories.flatMap((category) => [
      `\n## ${category}\n`,
      ...catalogue.filter((entry) => entry.category === category).map(commandSection),
    ]),
  ].join('');
}

function commandSection(entry: CatalogueEntry): string {
  const call = ['drover', ...entry.path].join(' ');
  const own = entry.options.filter((option) => !isCommon(option));
  const aliases = entry.aliases.map((alias) => `\`drover ${alias.join(' ')}\``);
  const description = `${entry.description[0]?.toUpperCase() ?? ''}${entry.description.slice(1)}.`;
  return [
    `\n### ${call}\n\n`,
    `${description}${entry.details === '' ? '' : ` ${entry.details}`}\n\n`,
    `\`\`\`\n${[call, entry.args, '[options]'].filter((part) => part !== '').join(' ')}\n\`\`\`\n`,
    aliases.length === 0 ? '' : `\nAlso: ${aliases.join(', ')}\n`,
    own.length === 0
      ? ''
      : `\n${markdownTable(
          ['Option', ''],
          own.map((option) => [`\`${spellOption(option)}\``, option.description]),
        )}`,
    `\n\`\`\`sh\n${entry.examples.map(([label, text]) => `# ${label}\n${text}\n`).join('')}\`\`\`\n`,
  ].join('');
}
