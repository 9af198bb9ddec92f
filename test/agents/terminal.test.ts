import t from 'tap';
import { adapterFor, assertSupported, findTmux } from '../../src/domain/agents/index.ts';
import { screenText } from '../../src/domain/agents/terminal/screen-text.ts';
import { Drive, events, outcomeIn } from './drive.ts';

const terminal = adapterFor('terminal');

function lastResult(drive: Drive): string | undefined {
  return drive.effects.findLast((effect) => effect.kind === 'result')?.text;
}

void t.test('what the terminal shows is an event as it is, and its last words are the result', async (t) => {
  const drive = new Drive(terminal);
  const shown = '\u001b[1mone\u001b[0m\r\n\u001b]8;;http://x\u0007two\u001b]8;;\u0007\r\n\u001b[?25h\r';
  drive.says(shown);

  t.match(events(drive.effects, 'output.stdout'), [{ text: shown, partial: false }]);
  t.equal(lastResult(drive), 'two');
});

void t.test('of a terminal only the words are read', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['\u001b[38;5;1mred\u001b[m', 'red'],
    ['\u009b31mred', 'red'],
    ['\u001b]52;c;cm0gLXJm\u0007text', 'text'],
    ['\u001b]0;title\u001b\\text', 'text'],
    ['\u001bP+q544e\u001b\\text', 'text'],
    ['\u001b(Btext\u001b=', 'text'],
    ['a\u0008b\u007f', 'ab'],
    ['10%\r100%', '10%\n100%'],
    ['\u001b]0;never ended', ''],
    ['größer 🚀', 'größer 🚀'],
  ];
  for (const [shown, words] of cases) t.equal(screenText(shown), words);
});

void t.test('a failure is told in the last words of the screen, or of the terminal itself', async (t) => {
  const drive = new Drive(terminal);
  drive.says('\u001b[31mno such file\u001b[0m\r\n');

  t.match(terminal.exited(drive.state, { exitCode: 2, signal: null }), {
    status: 'failed',
    reason: 'The command ended with exit code 2: no such file',
  });
  drive.says('The tmux server of the run ended before the program did', 'stderr');
  t.match(terminal.exited(drive.state, { exitCode: 1, signal: null }), {
    reason: /exit code 1: The tmux server of the run ended/,
  });
  t.match(terminal.exited(drive.state, { exitCode: 0, signal: null }), { status: 'succeeded' });
});

void t.test('options that a terminal cannot honour are refused, before and at the start', async (t) => {
  for (const option of [
    { model: 'm' },
    { maxTurns: 3 },
    { maxCostUsd: 2 },
    { maxTokens: 5 },
    { sessionId: 's' },
  ]) {
    const drive = new Drive(terminal, option);

    t.match(outcomeIn(drive.effects), { error: { code: 'option_unsupported' } });
    const none = {
      approvalMode: 'ask',
      model: null,
      maxTurns: null,
      maxCostUsd: null,
      maxTokens: null,
      sessionId: null,
    } as const;
    t.throws(() => assertSupported({ runtime: 'terminal', command: [] }, { ...none, ...option }), {
      code: 'option_unsupported',
    });
  }
});

void t.test('a machine without tmux is told what to install', async (t) => {
  t.throws(() => findTmux('/nowhere'), {
    code: 'agent_unknown',
    message: /needs tmux/,
    hint: /install tmux/,
  });
});
