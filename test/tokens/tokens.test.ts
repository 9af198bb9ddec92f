import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Clock, silentLog, systemClock } from '../../src/base/index.ts';
import {
  createTokens,
  hashToken,
  type InlineTokens,
  issueRunToken,
  takeInlineTokens,
} from '../../src/foundation/tokens/index.ts';

const uid = process.getuid?.() ?? 0;
const put = (path: string, token: string) => writeFileSync(path, token, { mode: 0o600 });

type SetUp = { readonly inline?: InlineTokens; readonly clock?: Clock; readonly withFiles?: boolean };

/** Tokens from two files `admin` and `read` that hold `a1` and `r1`. */
function setUp(t: Test, { inline = {}, clock = systemClock, withFiles = true }: SetUp = {}) {
  const folder = t.testdir();
  const files = { admin: join(folder, 'admin'), read: join(folder, 'read') };
  put(files.admin, 'a1');
  put(files.read, 'r1');
  const runs = new Map<string, string>();
  const warnings = new Map<string, string>();
  const auth = {
    mode: 'bearer' as const,
    admin_token_file: withFiles ? files.admin : '',
    readonly_token_file: withFiles ? files.read : '',
  };
  const tokens = createTokens({
    auth,
    inline,
    uid,
    clock,
    log: silentLog,
    runTokens: { findRunByTokenHash: (hash) => runs.get(hash) ?? null },
    onWarning: (key, text) => (text === null ? warnings.delete(key) : warnings.set(key, text)),
  });
  const nameOf = async (token: string) => (await tokens.check(token))?.name ?? null;
  return { files, auth, tokens, runs, warnings, nameOf };
}

/** A clock so far ahead that every file has settled long ago. */
const laterClock: Clock = { ...systemClock, now: () => Date.now() + 3_600_000 };

t.test('each token gives its own rights, anything else none', async (t) => {
  const { tokens } = setUp(t);

  t.same(await tokens.check('a1'), { may: 'write', runId: null, name: 'admin' });
  t.same(await tokens.check('r1'), { may: 'read', runId: null, name: 'read-only' });
  for (const wrong of ['', 'a', 'a1 ', 'A1', 'a1a1', 'a1\0', 'r', 'undefined', 'é'.repeat(9999)]) {
    t.equal(await tokens.check(wrong), null, JSON.stringify(wrong.slice(0, 20)));
  }
});

t.test('a run token stands for its run while the run lives', async (t) => {
  const { tokens, runs } = setUp(t);
  const { token, hash } = issueRunToken();
  t.match(token, /^drt_[A-Za-z0-9_-]{43}$/);
  t.equal(hash, hashToken(token));
  t.not(issueRunToken().token, token);

  t.equal(await tokens.check(token), null);
  runs.set(hash, 'run_1');
  t.same(await tokens.check(token), { may: 'read', runId: 'run_1', name: 'run_1' });
  t.equal(await tokens.check(hash), null, 'the stored hash opens nothing');
  runs.delete(hash);
  t.equal(await tokens.check(token), null);
});

t.test('without any token nobody has one', async (t) => {
  const { tokens } = setUp(t, { withFiles: false });

  t.equal(tokens.hasAdmin(), false);
  t.equal(await tokens.check(''), null);
});

for (const [clock, what] of [
  [systemClock, 'just written'],
  [laterClock, 'long settled'],
] as const) {
  t.test(`a rotated token counts from the next request on, the old one no more: file ${what}`, async (t) => {
    const { files, nameOf } = setUp(t, { clock });
    let before = 'a1';
    for (let round = 0; round < 50; round++) {
      const next = `n${10 + round}`; // the same size each time
      // Nobody writes in place twice within a tick of the file system's clock in a file that settled long ago.
      if (round % 2 === 0 && clock === systemClock) put(files.admin, next);
      else {
        put(`${files.admin}.new`, next);
        renameSync(`${files.admin}.new`, files.admin);
      }
      t.equal(await nameOf(next), 'admin', next);
      t.equal(await nameOf(before), null, before);
      before = next;
    }
    t.equal(await nameOf('r1'), 'read-only');
  });
}

t.test(
  'a file that turns bad leaves the last good token in force, with a warning that goes with its cause',
  async (t) => {
    const { files, warnings, nameOf } = setUp(t);
    const spoil: [string, () => void, RegExp][] = [
      ['removed', () => rmSync(files.admin), /does not exist/],
      ['empty', () => put(files.admin, ''), /is empty/],
      ['opened to others', () => chmodSync(files.admin, 0o644), /is open to other users/],
    ];
    for (const [how, act, reason] of spoil) {
      act();
      t.equal(await nameOf(''), null, `${how}: the door stays shut`);
      t.equal(await nameOf('a1'), 'admin', `${how}: the old token works`);
      t.match(warnings.get('token:admin'), reason);
      t.equal(await nameOf('r1'), 'read-only');

      rmSync(files.admin, { force: true });
      put(files.admin, 'a1');
      t.equal(await nameOf('a1'), 'admin');
      t.equal(warnings.size, 0);
    }
  },
);

t.test('files that become equal leave the last good pair in force', async (t) => {
  const { files, warnings, nameOf } = setUp(t);

  put(files.read, 'a1');
  t.equal(await nameOf('a1'), 'admin');
  t.equal(await nameOf('r1'), 'read-only');
  t.match([...warnings.values()][0], /are the same/);

  put(files.admin, 'a2');
  t.equal(await nameOf('a2'), 'admin');
  t.equal(await nameOf('a1'), 'read-only');
  t.equal(warnings.size, 0);
});

t.test('a start or reload with bad token files is refused and changes nothing', async (t) => {
  const { files, auth, tokens, nameOf } = setUp(t);
  const invalid = { code: 'token_file_invalid' };

  t.throws(() => tokens.prepare({ ...auth, admin_token_file: '' }), {
    ...invalid,
    message: /no admin token/,
  });
  t.throws(() => tokens.prepare({ ...auth, readonly_token_file: files.admin }), {
    ...invalid,
    message: /the same/,
  });
  t.throws(() => tokens.prepare({ ...auth, admin_token_file: '/absent' }), {
    ...invalid,
    message: /does not exist/,
  });
  t.equal(await nameOf('a1'), 'admin');

  const commit = tokens.prepare({ ...auth, admin_token_file: files.read, readonly_token_file: '' });
  t.equal(await nameOf('r1'), 'read-only', 'not before the commit');
  commit();
  t.equal(await nameOf('r1'), 'admin');
  t.equal(await nameOf('a1'), null);
});

t.test('an inline token wins over its file and leaves the environment', async (t) => {
  const env = { DROVER_HTTP_ADMIN_TOKEN: 'envadmin', DROVER_HTTP_READONLY_TOKEN: 'envread', HOME: '/' };

  const inline = takeInlineTokens(env, { readonly: 'flagread' });
  const { nameOf } = setUp(t, { inline });

  t.same(env, { HOME: '/' });
  t.equal(await nameOf('envadmin'), 'admin');
  t.equal(await nameOf('flagread'), 'read-only');
  t.equal(await nameOf('a1'), null);
});

t.test('inline tokens that are empty, equal or without an admin one are refused', async (t) => {
  const invalid = { code: 'token_file_invalid' };
  t.throws(() => takeInlineTokens({ DROVER_HTTP_ADMIN_TOKEN: '' }), {
    ...invalid,
    message: /\$DROVER_HTTP_ADMIN_TOKEN/,
  });
  t.throws(() => takeInlineTokens({}, { readonly: 'a b' }), { ...invalid, message: /--http-readonly-token/ });
  t.throws(() => setUp(t, { withFiles: false, inline: { admin: 'x', readonly: 'x' } }), invalid);
  t.throws(() => setUp(t, { withFiles: false, inline: { readonly: 'x' } }), {
    ...invalid,
    message: /no admin token/,
  });
});
