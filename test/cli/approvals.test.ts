import { Readable } from 'node:stream';
import t from 'tap';
import { formatApprovals, formatWholeApproval } from '../../src/cli/print/approval.ts';
import { createEventPrinter } from '../../src/cli/print/events.ts';
import { plainStyle } from '../../src/cli/print/style.ts';
import { fakeDaemon } from '../support/fake-daemon.ts';
import { anApproval, anEvent } from '../support/resources.ts';
import { runCommand } from '../support/run-command.ts';

const now = Date.parse('2026-01-02T03:14:05.000Z');
const id = anApproval().id;

void t.test('one that waits says when it expires and what becomes of it', async (t) => {
  const shown = (changes: Parameters<typeof anApproval>[0]) =>
    formatApprovals([anApproval(changes)], now, plainStyle);
  const expires_at = '2026-01-02T04:04:05.000Z';

  t.match(shown({ expires_at, default: 'deny' }), '  expires in 50m: denied then\n');
  t.match(shown({ expires_at, default: 'allow' }), '  expires in 50m: allowed then\n');
  t.match(shown({ kind: 'question', expires_at, default: 'deny' }), '  expires in 50m: declined then\n');
  t.notMatch(shown({}), /expires/);
  const resolved_at = '2026-01-02T03:13:05.000Z';
  const past = shown({ status: 'denied', resolved_by: 'policy', resolved_at, reason: 'Rule 1', expires_at });
  t.match(past, 'permission, denied by policy 1m ago\n');
  t.match(past, '  reason: Rule 1\n');
  t.notMatch(past, /expires|answer with/);
});

void t.test(
  'show has the whole input, texts of many lines in lines, and nothing that is obeyed',
  async (t) => {
    const shown = formatWholeApproval(
      anApproval({
        input: {
          file_path: '/work/a.ts',
          content: 'one\n\u001b[2Jtwo\nfile_path: fake',
          edits: [{ old: 'a\\nb' }],
          long: 'x'.repeat(500),
        },
      }),
      now,
      plainStyle,
    );

    t.match(
      shown,
      [
        '  input:',
        '    file_path: "/work/a.ts"',
        '    content:',
        '      | one',
        '      | \\e[2Jtwo',
        '      | file_path: fake',
        '    edits: [',
        '      {',
        '        "old": "a\\\\nb"',
        '      }',
        '    ]',
        `    long: "${'x'.repeat(500)}"`,
        '  options: once (Allow once)',
      ].join('\n'),
    );
    t.notMatch(formatWholeApproval(anApproval({ input: null }), now, plainStyle), /input/);
  },
);

void t.test(
  'who follows a run reads how long there is, and is not called where a rule has decided',
  async (t) => {
    const printer = createEventPrinter(plainStyle);
    const data = { approval_id: id, kind: 'permission', title: 'Edit a', tool: null, options: [] };
    const text = (type: string, more: object) =>
      printer
        .print(anEvent(1, type, { ...data, ...more }))
        .map((piece) => piece.text)
        .join('');

    t.equal(
      text('approval.requested', { waits: true, expires_at: '2026-01-02T04:04:06.000Z', default: 'deny' }),
      `waits for you: Edit a\n  denied when nobody answers within 1h\n  answer with: drover approvals allow ${id}, or deny ${id}\n`,
    );
    t.match(text('approval.requested', {}), /^waits for you/, 'as older versions told it');
    t.equal(text('approval.requested', { waits: false }), 'asks: Edit a\n');
    t.equal(
      text('approval.resolved', {
        status: 'denied',
        resolved_by: 'policy',
        reason: 'Rule 1 of [policy]: no',
      }),
      'denied by policy: Rule 1 of [policy]: no\n',
    );
    t.equal(
      text('approval.resolved', { status: 'allowed', resolved_by: 'admin', reason: null }),
      'allowed by admin\n',
    );
  },
);

void t.test('an answer is an argument, or what comes on standard input', async (t) => {
  const daemon = await fakeDaemon({ [`POST /v1/approvals/${id}`]: anApproval({ status: 'answered' }) });
  t.teardown(daemon.close);
  const textOf = async (argv: string[], input = '') => {
    const said = await runCommand(['approvals', 'answer', id, ...argv], {
      env: daemon.env,
      world: { stdin: Readable.from([input]) },
    });
    t.equal(said.code, 0, said.err);
    return (daemon.requests.at(-1)?.body as { text?: string } | undefined)?.text;
  };

  t.equal(await textOf(['use', 'the', 'second']), 'use the second');
  t.equal(await textOf(['-'], 'first line\nsecond größer\n'), 'first line\nsecond größer');
  t.equal(await textOf(['-', '5'], 'unread'), '- 5', 'only where it is all there is');
});

void t.test('the list says what it is empty of, and refuses to be two lists', async (t) => {
  const daemon = await fakeDaemon({ 'GET /v1/approvals': { items: [], next_cursor: 'more' } });
  t.teardown(daemon.close);
  const say = (line: string) => runCommand(line.split(' '), { env: daemon.env });

  t.equal((await say('approvals')).out, 'nothing waits for you\n');
  t.equal((await say('approvals list --past')).out, 'none\n');
  t.equal(daemon.requests.at(-1)?.query.get('status'), 'past');
  t.match((await say('approvals list --status all')).err, /use --limit 0 for all/);
  t.match(await say('approvals list --status past --all'), { code: 2, err: /exclude each other/ });
  t.match(await say('approvals list --status late'), { code: 2, err: /use one of: pending, past, all/ });
});
