import { AppError } from '../../contract/index.ts';

/** A configuration key and its value, as `git -c` would give them. */
export type Setting = readonly [key: string, value: string];

/** More driver settings than this in one repository are an attack on the environment's size, not a configuration. */
export const maxDriverSettings = 1000;

/** Settings that hold in every call, trusted or not: nothing is run, asked or started behind our back, and text is UTF-8. */
export const fixedSettings: readonly Setting[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.untrackedCache', 'false'],
  ['core.splitIndex', 'false'],
  ['core.trustctime', 'true'],
  ['core.checkStat', 'default'],
  ['core.attributesFile', '/dev/null'],
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
  ['core.pager', 'cat'],
  ['core.editor', 'false'],
  ['core.askPass', 'false'],
  ['core.sshCommand', 'false'],
  ['core.gitProxy', 'false'],
  ['core.alternateRefsCommand', 'true'],
  ['credential.helper', ''],
  ['diff.external', ''],
  ['diff.ignoreSubmodules', 'all'],
  ['diff.submodule', 'short'],
  ['diff.orderFile', '/dev/null'],
  ['status.submoduleSummary', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['gpg.program', 'false'],
  ['gpg.openpgp.program', 'false'],
  ['gpg.x509.program', 'false'],
  ['gpg.ssh.program', 'false'],
  ['gpg.ssh.defaultKeyCommand', 'false'],
  ['commit.gpgSign', 'false'],
  ['tag.gpgSign', 'false'],
  ['log.showSignature', 'false'],
  ['gc.auto', '0'],
  ['gc.recentObjectsHook', ''],
  ['maintenance.auto', 'false'],
  ['protocol.allow', 'never'],
  ['safe.bareRepository', 'explicit'],
  ['uploadpack.packObjectsHook', ''],
  ['worktree.guessRemote', 'false'],
  ['branch.autoSetupMerge', 'false'],
  ['rerere.enabled', 'false'],
  ['i18n.commitEncoding', 'UTF-8'],
  ['i18n.logOutputEncoding', 'UTF-8'],
];

/** Settings of a family whose names the repository chooses, and the value under which each is harmless. */
const namedSettings: readonly (readonly [pattern: RegExp, value: string])[] = [
  [/^filter\..*\.(clean|smudge|process)$/s, ''],
  [/^filter\..*\.required$/s, 'false'],
  [/^diff\..*\.command$/s, 'true'],
  [/^diff\..*\.textconv$/s, 'cat'],
  [/^diff\..*\.cachetextconv$/s, 'false'],
  [/^merge\..*\.driver$/s, 'false'],
  [/^hook\..*\.command$/s, 'true'],
  [/^hook\..*\.enabled$/s, 'false'],
  [/^credential\..*\.helper$/s, ''],
  [/^gpg\..*\.(program|defaultkeycommand)$/s, 'false'],
  [/^trailer\..*\.(command|cmd)$/s, 'true'],
  [/^(difftool|mergetool|guitool|man|browser)\..*\.cmd$/s, 'false'],
  [/^remote\..*\.(uploadpack|receivepack)$/s, 'false'],
  [/^remote\..*\.promisor$/s, 'false'],
  [/^remote\..*\.vcs$/s, 'none'],
  [/^submodule\..*\.update$/s, 'none'],
  [/^submodule\..*\.ignore$/s, 'all'],
  [/^pager\..*$/s, 'false'],
];

/**
 * Turns the output of `git config --list -z`, as it stands in the very place of the call, into settings that make every
 * driver named there harmless. Throws `repo_unusable` where that cannot be done with certainty.
 */
export function neutralise(listed: Uint8Array): readonly Setting[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(keysOnly(listed));
  } catch {
    throw unusable('a key that is not UTF-8');
  }
  const found = new Map<string, string>();
  for (const key of text.split('\0')) {
    const named = namedSettings.find(([pattern]) => pattern.test(key));
    if (named === undefined) continue;
    found.set(key, named[1]);
    if (key.startsWith('hook.')) found.set(key.replace(/\.[^.]*$/s, '.enabled'), 'false');
    if (found.size > maxDriverSettings) throw unusable(`more than ${maxDriverSettings} drivers`);
  }
  return [...found];
}

/** The keys of `key LF value NUL` records: a value may hold any bytes and is of no interest. */
function keysOnly(listed: Uint8Array): Uint8Array {
  const bytes = Buffer.from(listed.buffer, listed.byteOffset, listed.byteLength);
  const keys: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const nul = bytes.indexOf(0, start);
    const end = nul === -1 ? bytes.length : nul;
    const feed = bytes.subarray(start, end).indexOf(10);
    keys.push(bytes.subarray(start, feed === -1 ? end : start + feed), Buffer.from([0]));
    start = end + 1;
  }
  return Buffer.concat(keys);
}

function unusable(what: string): AppError {
  return new AppError('repo_unusable', `The configuration of the repository has ${what}`, {
    hint: 'look at `git config --list --show-origin` in the repository',
  });
}

/** Settings as the environment variables that git reads after every file: names may hold `=` there, unlike with -c. */
export function asEnvironment(settings: readonly Setting[]): Record<string, string> {
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(settings.length) };
  for (const [index, [key, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}
