import type { Cli } from 'clipanion';
import type { Catalogue, CatalogueOption } from './catalogue-types.ts';
import { commandClasses } from './commands/index.ts';
import type { CliContext } from './context.ts';

const helpOption: CatalogueOption = {
  names: ['-h', '--help'],
  takesValue: false,
  description: 'Explain this command',
};

/** Reads the catalogue out of the command classes. */
export function catalogueOf(cli: Cli<CliContext>): Catalogue {
  const definitions = cli.definitions();
  return commandClasses.map((commandClass, index) => {
    const definition = definitions[index];
    const usage = commandClass.usage ?? {};
    const paths = (commandClass.paths ?? []).toSorted(
      (a, b) => Number(a.length === 0) - Number(b.length === 0),
    );
    const [path = [], ...aliases] = paths;
    const shownPath = [cli.binaryName, ...(commandClass.paths?.[0] ?? [])].join(' ');
    return {
      path,
      aliases: aliases.filter((alias) => alias.length > 0),
      category: usage.category ?? 'Other',
      description: usage.description ?? '',
      details: usage.details ?? '',
      examples: (usage.examples ?? []).map(
        ([label, text]) => [label, text.replaceAll('$0', cli.binaryName)] as const,
      ),
      args:
        (commandClass as { args?: string }).args ??
        readableArgs((definition?.usage ?? '').slice(shownPath.length)),
      options: [
        ...(definition?.options ?? []).map((option) => ({
          names: option.definition.replace(/\s*#\d+/g, '').split(','),
          takesValue: option.definition.includes('#'),
          description: option.description?.trim() ?? '',
        })),
        helpOption,
      ],
    };
  });
}

/** clipanion writes `<ID>`, `[--json]` and `...`: only the positional ones are kept. */
function readableArgs(usage: string): string {
  return usage
    .replace(/\[-[^\]]*\]/g, '')
    .replace(/<([^>]+)>/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}
