import t from 'tap';
import { runCommand } from '../../src/base/index.ts';

t.test('a command ends at its deadline even when what it started holds its output open', async (t) => {
  const script = `const { spawn } = require('node:child_process');
    const left = spawn('sleep', ['100'], { detached: true, stdio: 'inherit' });
    process.stdout.write(left.pid + '\\n', () => process.argv[1] === 'stays' || process.exit(3));
    setInterval(() => {}, 1000);`;
  const cases = [
    ['stays', null],
    ['goes', 3],
  ] as const;

  const results = await Promise.all(
    cases.map(([word]) =>
      runCommand(process.execPath, ['-e', script, word], {
        env: { PATH: process.env.PATH ?? '' },
        timeoutMs: 3000,
      }),
    ),
  );

  for (const [index, result] of results.entries()) {
    const [word = '', code] = cases[index] ?? [];
    t.match(result, { code, timedOut: true }, word);
    const left = Number(result.stdout.toString());
    if (t.ok(left > 1, 'what it started')) process.kill(left); // lives, and is ours to end
  }
});
