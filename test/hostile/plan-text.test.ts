import t from 'tap';
import { maxPlanBytes, maxPlanLines, parsePlan } from '../../src/domain/plans/text/parse.ts';

const hostile: readonly (readonly [name: string, part: string])[] = [
  ['hashes', '#'],
  ['hashes on lines', '#\n'],
  ['quotes', '>'],
  ['quotes with gaps', '> '],
  ['quotes on lines', '>a\n\n'],
  ['lists in lists', '1. '],
  ['lists in lists on lines', `${'- '.repeat(16)}a\n`],
  ['brackets', '['],
  ['links', '[a]('],
  ['definitions', '[a]: b\n'],
  ['underlines', 'a\n-\n'],
  ['lazy lines', `${'>'.repeat(16)}a\n${'a\n'.repeat(400)}\n`],
  ['bold waves', '**Wave 1** '],
  ['an open fence', '```\n~~~\n'],
  ['numbers', '1.1'],
  ['tasks', '### Task 1: x\n'],
];
for (const [name, part] of hostile) {
  t.test(`four times as much takes no more than in proportion: ${name}`, async (t) => {
    let count = 0;
    const spent = (bytes: number) => {
      count += 1; // a text that was read before takes no time
      const text = `${count}\n\n${part.repeat(bytes / part.length)}`;
      const before = process.cpuUsage();
      parsePlan(text);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    const least = (bytes: number) => Math.min(spent(bytes), spent(bytes), spent(bytes));
    const lines = part.split('\n').length - 1;
    const few = Math.min(6 * 1024, (maxPlanLines / 5 / lines) * part.length);
    least(few);

    const [small, large] = [least(few), least(4 * few)];
    t.ok(
      large < 9 * Math.max(small, 4),
      `${small} ms, then ${large} ms: 16 times as much would be its square`,
    );
  });
}

t.test('a whole plan full of one mark is read', async (t) => {
  for (const mark of ['#', '>', '[', '`', '*', '-', '<', ' \t']) {
    t.doesNotThrow(() => parsePlan(`x${mark.repeat((maxPlanBytes - 1) / mark.length)}`), mark);
    t.doesNotThrow(() => parsePlan(mark.repeat(maxPlanBytes / mark.length)), mark);
  }
});
