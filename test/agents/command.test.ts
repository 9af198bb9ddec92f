import t from 'tap';
import { adapterFor, assertSupported, type OutputPiece } from '../../src/domain/agents/index.ts';
import { Drive, events, outcomeIn } from './drive.ts';

const command = adapterFor('command');

function lastResult(drive: Drive): string | undefined {
  return drive.effects.findLast((effect) => effect.kind === 'result')?.text;
}

void t.test(
  'every piece of output is an event, and the last line that says something the result',
  async (t) => {
    const drive = new Drive(command);
    drive.says('one\ntwo');
    drive.says('   \n');
    drive.says('warning', 'stderr');

    t.match(events(drive.effects, 'output.stdout'), [
      { text: 'one\ntwo', offset: 0, bytes: 8, partial: false },
      { text: '   \n', offset: 8, bytes: 5, partial: false },
    ]);
    t.match(events(drive.effects, 'output.stderr'), [{ text: 'warning' }]);
    t.equal(lastResult(drive), 'two');
  },
);

void t.test('of a line in several pieces the result is its beginning', async (t) => {
  const drive = new Drive(command);
  const piece = (text: string, partial: boolean): OutputPiece => ({
    stream: 'stdout',
    text,
    offset: 0,
    bytes: text.length,
    partial,
  });
  drive.take(command.read(drive.state, piece('beginning ', true)));
  drive.take(command.read(drive.state, piece('middle ', true)));
  drive.take(command.read(drive.state, piece('end', false)));
  t.equal(lastResult(drive), 'beginning');

  drive.take(command.read(drive.state, piece('next', false)));
  t.equal(lastResult(drive), 'next');
});

void t.test('the exit is the outcome, with the last words of a failure', async (t) => {
  const drive = new Drive(command);
  drive.says('sh: 1: nosuch: not found', 'stderr');

  t.match(command.exited(drive.state, { exitCode: 0, signal: null }), { status: 'succeeded', reason: null });
  t.match(command.exited(drive.state, { exitCode: 127, signal: null }), {
    status: 'failed',
    reason: 'The command ended with exit code 127: sh: 1: nosuch: not found',
    error: { code: 'command_failed' },
  });
  drive.says('TypeError: no\n    at Object.<anonymous> (x.js:1:1)\n\nNode.js v24.1.0\n', 'stderr');
  t.match(command.exited(drive.state, { exitCode: 1, signal: null }), {
    reason: /exit code 1: TypeError: no$/,
  });
  t.match(command.exited(drive.state, { exitCode: 137, signal: 'SIGKILL' }), {
    reason: /was ended by SIGKILL/,
  });
});

void t.test('options that a command cannot honour are refused, before and at the start', async (t) => {
  const none = {
    approvalMode: 'ask',
    model: null,
    maxTurns: null,
    maxCostUsd: null,
    maxTokens: null,
    sessionId: null,
  } as const;
  const lint = { runtime: 'command', command: ['lint'] } as const;
  for (const option of [
    { model: 'm' },
    { maxTurns: 3 },
    { maxCostUsd: 2 },
    { maxTokens: 5 },
    { sessionId: 's' },
  ]) {
    const drive = new Drive(command, option);

    t.match(outcomeIn(drive.effects), { error: { code: 'option_unsupported' } });
    t.strictSame(drive.says('late'), []);
    t.throws(() => assertSupported(lint, { ...none, ...option }), { code: 'option_unsupported' });
    t.doesNotThrow(() => assertSupported({ ...lint, runtime: 'acp' }, { ...none, ...option }));
  }
  t.doesNotThrow(() => assertSupported(lint, none));
});
