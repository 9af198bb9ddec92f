import { Cli, type Command } from 'clipanion';
import type { AppError } from '../contract/index.ts';
import { leadingWords, prepareArgv } from './argv.ts';
import { catalogueOf } from './catalogue.ts';
import type { Catalogue, CatalogueEntry } from './catalogue-types.ts';
import { DroverCommand } from './command.ts';
import { commandClasses } from './commands/index.ts';
import type { CliContext, World } from './context.ts';
import { showError, usageError } from './errors.ts';
import { exitCodes } from './exit-code.ts';
import { nearest } from './nearest.ts';
import { formatHelp, formatOverview } from './print/overview.ts';
import { styleFor } from './print/style.ts';

/** What people say for commands that no spelling is near to. */
const otherWords: Readonly<Record<string, string>> = {
  'plan delete': 'plan cancel',
  'plan remove': 'plan cancel',
  'plan rm': 'plan cancel',
  'plan stop': 'plan cancel',
};

/** Makes the parser with every command. */
export function createCli(): Cli<CliContext> {
  return Cli.from<CliContext>([...commandClasses], { binaryName: 'drover' });
}

/** Runs one command line and gives its exit code; everything it says goes to the streams of `world`. */
export async function runCli(argv: readonly string[], world: World): Promise<number> {
  const { args, command, wantsHelp, wantsJson } = prepareArgv(argv);
  const cli = createCli();
  const catalogue = catalogueOf(cli);
  try {
    if (wantsHelp) {
      world.stdout.write(helpFor(catalogue, leadingWords(args), world));
      return exitCodes.ok;
    }
    const context: CliContext = { ...world, command, catalogue };
    return await execute(parse(cli, args, context));
  } catch (error) {
    const style = styleFor(world.isErrTerminal, world.env);
    const shown = showError(error, { json: wantsJson, style });
    world.stderr.write(shown.text);
    return shown.exitCode;
  }
}

async function execute(command: Command<CliContext>): Promise<number> {
  try {
    return await command.validateAndExecute();
  } catch (error) {
    throw command instanceof DroverCommand ? await command.explain(error) : error;
  }
}

function parse(cli: Cli<CliContext>, args: readonly string[], context: CliContext) {
  try {
    return cli.process([...args], context);
  } catch (error) {
    throw toUsageError(error, args, context.catalogue);
  }
}

/** What clipanion says about a wrong call, as one sentence and what was probably meant. */
function toUsageError(error: unknown, args: readonly string[], catalogue: Catalogue): AppError {
  const found = entryFor(catalogue, leadingWords(args));
  const isSurplus = found?.entry.args === '' && leadingWords(args).length > found.length;
  if (found === null || (isSurplus && isGroup(catalogue, args))) {
    const words = leadingWords(args).slice(0, 2);
    const known = [
      ...new Set(catalogue.flatMap((each) => [each.path, ...each.aliases]).map((path) => path.join(' '))),
    ].filter((path) => !path.startsWith('d ')); // the long form says what it is
    const meant =
      otherWords[words.join(' ')] ?? nearest(words.join(' '), known) ?? nearest(words[0] ?? '', known);
    const shown = isGroup(catalogue, words.slice(0, 1)) ? words.join(' ') : (words[0] ?? args[0] ?? '');
    return usageError(
      `There is no command '${shown}'`,
      meant === null ? 'list the commands with: drover --help' : `did you mean: drover ${meant}`,
    );
  }
  const { entry } = found;
  const names = entry.options.flatMap((option) => option.names);
  const unknown = args.find(
    (arg) => arg.startsWith('--') && arg !== '--' && !names.includes(arg.split('=')[0] ?? ''),
  );
  const help = `see: drover ${entry.path.join(' ')} --help`;
  if (unknown !== undefined) {
    const [name = ''] = unknown.split('=');
    const meant = nearest(name, names);
    return usageError(
      `drover ${entry.path.join(' ')} has no option ${name}`,
      meant === null ? help : `did you mean ${meant}? ${help}`,
    );
  }
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  return usageError(message.replace(/^Unknown Syntax Error: /, '').replace(/\.$/, ''), help);
}

function helpFor(catalogue: Catalogue, words: readonly string[], world: World): string {
  const style = styleFor(world.isOutTerminal, world.env);
  const group = catalogue.filter(
    (each) => words.length === 1 && each.path.length > 1 && each.path[0] === groupName(words[0]),
  );
  const entry = entryFor(catalogue, words)?.entry ?? null;
  if (words.length === 0 || entry?.path[0] === 'help') return formatOverview(catalogue, style);
  if (group.length > 0 && (entry === null || entry.path.length > 1)) return formatOverview(group, style);
  if (entry !== null) return formatHelp(entry, style);
  throw toUsageError(null, words, catalogue);
}

/** The command whose path or alias is the longest beginning of `words`. */
function entryFor(
  catalogue: Catalogue,
  words: readonly string[],
): { entry: CatalogueEntry; length: number } | null {
  let best: { entry: CatalogueEntry; length: number } | null = null;
  for (const entry of catalogue) {
    for (const path of [entry.path, ...entry.aliases]) {
      const fits = path.length > (best?.length ?? 0) && path.every((word, index) => words[index] === word);
      if (fits) best = { entry, length: path.length };
    }
  }
  return best;
}

function isGroup(catalogue: Catalogue, words: readonly string[]): boolean {
  return catalogue.some((each) => each.path.length > 1 && each.path[0] === groupName(words[0]));
}

function groupName(word: string | undefined): string | undefined {
  return word === 'd' ? 'daemon' : word;
}
