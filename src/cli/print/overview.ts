import {
  type Catalogue,
  type CatalogueEntry,
  type CatalogueOption,
  commonOptionNames,
} from '../catalogue-types.ts';
import type { Style } from './style.ts';

/** All commands on one page, by category. */
export function formatOverview(catalogue: Catalogue, style: Style): string {
  const categories = [...new Set(catalogue.map((entry) => entry.category))];
  const width = Math.max(...catalogue.map((entry) => callOf(entry).length));
  const sections = categories.map((category) => {
    const lines = catalogue
      .filter((entry) => entry.category === category)
      .map((entry) => `  ${callOf(entry).padEnd(width)}  ${entry.description}\n`);
    return `${style.bold(category)}\n${lines.join('')}`;
  });
  return `drover runs coding agents on your repositories and never loses their work\n\n${sections.join('\n')}\nExplain one command: drover COMMAND --help\nShort forms: drover d … = drover daemon …, drover --bg PROMPT = drover run --bg PROMPT\n`;
}

/** The whole help of one command. */
export function formatHelp(entry: CatalogueEntry, style: Style): string {
  const also = entry.aliases.map((alias) => `drover ${alias.join(' ')}`);
  const own = entry.options.filter((option) => !isCommon(option));
  const common = entry.options.filter(isCommon);
  return [
    `${entry.description[0]?.toUpperCase() ?? ''}${entry.description.slice(1)}\n`,
    `\n${style.bold('Usage')}\n  drover ${[...entry.path, entry.args, '[options]'].filter((part) => part !== '').join(' ')}\n`,
    also.length === 0 ? '' : `  also: ${also.join(', ')}\n`,
    entry.details === '' ? '' : `\n${wrap(entry.details, 100)}\n`,
    own.length === 0 ? '' : `\n${style.bold('Options')}\n${formatOptionLines(own)}`,
    `\n${style.bold('Options of every command')}\n${formatOptionLines(common)}`,
    `\n${style.bold('Examples')}\n${entry.examples.map(([label, text]) => `  ${style.dim(`# ${label}`)}\n  ${text}\n`).join('')}`,
  ].join('');
}

/** How an option is written: `-f, --follow`, `--limit VALUE`. */
export function spellOption(option: CatalogueOption): string {
  return option.names.join(', ') + (option.takesValue ? ' VALUE' : '');
}

/** True for an option that every command takes. */
export function isCommon(option: CatalogueOption): boolean {
  return option.names.some((name) => (commonOptionNames as readonly string[]).includes(name));
}

/** `text` in lines of at most `width` characters. */
export function wrap(text: string, width: number): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

function callOf(entry: CatalogueEntry): string {
  return ['drover', ...entry.path, entry.args].filter((part) => part !== '').join(' ');
}

function formatOptionLines(options: readonly CatalogueOption[]): string {
  const width = Math.max(...options.map((option) => spellOption(option).length));
  return options.map((option) => `  ${spellOption(option).padEnd(width)}  ${option.description}\n`).join('');
}
