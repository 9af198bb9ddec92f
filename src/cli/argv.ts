/** A command line, made ready for the parser. */
export type PreparedArgv = {
  readonly args: readonly string[];
  /** What stood after `--` of a command that starts a run; null without `--`. */
  readonly command: readonly string[] | null;
  readonly wantsHelp: boolean;
  readonly wantsJson: boolean;
};

const valueOptions = ['--profile', '--socket', '--daemon', '--state-root'];

/**
 * Prepares a command line: `drover --bg PROMPT` becomes `drover run --bg PROMPT`, options in front of the command go
 * behind it, and what follows `--` of a run is its command, never parsed.
 */
export function prepareArgv(argv: readonly string[]): PreparedArgv {
  const { leading, rest } = splitLeading(argv);
  const isShortRun = leading.includes('--bg');
  const words = isShortRun ? ['run', ...rest] : rest;
  const pathLength = words.findIndex((word) => word.startsWith('-'));
  const path = pathLength === -1 ? words : words.slice(0, pathLength);
  const startsRun = path[0] === 'run' || (path[0] === 'runs' && path[1] === 'start');
  const dashes = words.indexOf('--');
  const own = startsRun && dashes !== -1 ? words.slice(0, dashes) : words;
  const beforeDashes = dashes === -1 ? words : words.slice(0, dashes);
  const flags = [...leading, ...beforeDashes];
  return {
    args: [...path, ...leading, ...own.slice(path.length)],
    command: startsRun && dashes !== -1 ? words.slice(dashes + 1) : null,
    wantsHelp: flags.includes('--help') || flags.includes('-h'),
    wantsJson: flags.includes('--json'),
  };
}

/** The words of the command's path as far as they can be told without knowing the commands. */
export function leadingWords(args: readonly string[]): readonly string[] {
  const end = args.findIndex((arg) => arg.startsWith('-'));
  return end === -1 ? args : args.slice(0, end);
}

function splitLeading(argv: readonly string[]): { leading: string[]; rest: string[] } {
  let at = 0;
  while (at < argv.length && argv[at]?.startsWith('-') && argv[at] !== '--') {
    at += valueOptions.includes(argv[at] ?? '') ? 2 : 1;
  }
  return { leading: argv.slice(0, at), rest: argv.slice(at) };
}
