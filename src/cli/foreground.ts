import { localPaths } from '../client/index.ts';
import { runDaemon } from '../daemon/index.ts';
import type { RunDaemonOptions } from './context.ts';
import { isUnderLaunchd, settleUnderLaunchd } from './under-launchd.ts';

/** What the options depend on. */
export type ForegroundWorld = {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
};

const names = ['--profile', '--config', '--state-root', '--socket', '--addr'] as const;
type Name = (typeof names)[number];

/**
 * The short way for `drover daemon start --foreground` with its plain options: the same as the full command without its
 * parser, so that the daemon does not hold the code of the commands for as long as it lives (9 MB). False for everything
 * unusual, which the full command then does and explains; it also says why a daemon could not start.
 */
export async function runForeground(argv: readonly string[]): Promise<boolean> {
  const options = foregroundOptions(argv, { env: process.env, cwd: process.cwd() });
  if (isUnderLaunchd(process.env)) settleUnderLaunchd(options?.paths ?? null);
  if (options === null) return false;
  try {
    process.exitCode = await runDaemon(options);
  } catch (error) {
    const { runFromProcess } = await import('./process.ts');
    await runFromProcess(argv, () => Promise.reject(error as Error));
  }
  return true;
}

/** What `argv` says, as the full command would say it; null for everything that is not plain. */
export function foregroundOptions(
  argv: readonly string[],
  { env, cwd }: ForegroundWorld,
): RunDaemonOptions | null {
  const [word, second] = argv;
  const isStart = (word === 'daemon' || word === 'd') && second === 'start' && argv.includes('--foreground');
  if (!isStart && word !== 'serve') return null;
  const given = readOptions(argv.slice(isStart ? 2 : 1));
  if (given === null || given.get('--addr')?.includes('/')) return null;
  const flags = {
    profile: given.get('--profile'),
    config: given.get('--config'),
    stateRoot: given.get('--state-root'),
    socket: given.get('--socket'),
  };
  try {
    const paths = localPaths({ flags, env, cwd });
    const tokens = { adminToken: undefined, readonlyToken: undefined };
    return { ...flags, ...tokens, addr: given.get('--addr'), paths, env };
  } catch {
    return null; // the full command says what is wrong with it
  }
}

/** Options with one value each; null when there is anything else. */
function readOptions(args: readonly string[]): ReadonlyMap<Name, string> | null {
  const given = new Map<Name, string>();
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '--foreground' || arg === '--json') continue;
    const name = names.find((each) => arg === each || arg.startsWith(`${each}=`));
    if (name === undefined || given.has(name)) return null;
    const value = arg === name ? args[++index] : arg.slice(name.length + 1);
    if (value === undefined || value === '' || value.startsWith('-')) return null;
    given.set(name, value);
  }
  return given;
}
