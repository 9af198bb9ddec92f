import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { fromMarkdown } from 'mdast-util-from-markdown';
import t from 'tap';
import { readBlocks } from '../../src/domain/plans/text/markdown.ts';
import { type ParsedPlan, parsePlan } from '../../src/domain/plans/text/parse.ts';

const seed = Math.floor(Math.random() * 2 ** 31);
t.comment(`seed ${seed}`);

const word = fc.stringMatching(/^[a-zA-Z0-9`*_.,()äß漢-]{1,8}$/);
const line = fc
  .array(word, { minLength: 1, maxLength: 6 })
  .map((words) => words.join(' '))
  .filter((text) => /^[a-zA-Z漢]/.test(text) && !/^(?:wave|task)/i.test(text));
const part = fc.oneof(
  line,
  line.map((text) => `    ${text}\n\n    ${text}`),
  line.map((text) => `- ${text}\n\n  - ${text}  \n1. ${text}\n`),
  line.map((text) => `> ${text}\n> ## Wave 3`),
  line.map((text) => `##### ${text}`),
  fc
    .constantFrom('```', '~~~~')
    .chain((mark) => line.map((text) => `${mark}\n## Wave 9\n\n\n ${text}\n${mark}`)),
  line.map((text) => `<!-- ${text}\n\n### Task 1: no\n-->`),
);
/** With a word outside of comments: a task without one is refused. */
const body = fc
  .array(part, { minLength: 0, maxLength: 3 })
  .map((parts) => [...parts, 'To be done.'].join('\n\n'));
const plan = fc
  .record({
    title: fc.option(line),
    goal: fc.option(line),
    architecture: fc.option(line),
    techStack: fc.option(line),
    waves: fc.array(
      fc.record({
        title: fc.option(line),
        tasks: fc.uniqueArray(fc.record({ title: line, body }), {
          minLength: 1,
          maxLength: 4,
          selector: ({ title }) => title,
        }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map((shape): ParsedPlan => {
    let count = 0;
    const numbered = shape.waves.map(({ title, tasks }, index) => ({
      number: index + 1,
      title,
      tasks: tasks.map((task) => {
        count += 1;
        return { number: count, wave: index + 1, ...task };
      }),
    }));
    return { ...shape, waves: numbered };
  });

function render({ title, goal, architecture, techStack, waves }: ParsedPlan): string {
  const head = [
    title === null ? null : `# ${title}`,
    goal === null ? null : `**Goal:** ${goal}`,
    architecture === null ? null : `**Architecture:** ${architecture}`,
    techStack === null ? null : `**Tech Stack:** ${techStack}`,
  ];
  const rest = waves.flatMap(({ number, title, tasks }) => [
    title === null ? `## Wave ${number}` : `## Wave ${number}: ${title}`,
    ...tasks.flatMap(({ number, title, body }) => [`### Task ${number}: ${title}`, body]),
  ]);
  return `${[...head, ...rest].filter((text) => text !== null).join('\n\n')}\n`;
}

t.test('what a plan is written as is read as that plan', async () => {
  fc.assert(
    fc.property(plan, (expected) => {
      return isDeepStrictEqual(parsePlan(render(expected)), { ok: true, plan: expected });
    }),
    { seed, numRuns: 150 },
  );
});

/** Behind indented code the parser takes an item with another number than 1 for text, so those stand behind text. */
const piece = fc.oneof(
  { arbitrary: fc.constantFrom('', '', 'text'), weight: 8 },
  fc.constantFrom(
    'text',
    '# a',
    '## Wave 1',
    '### Task 1: x',
    '   ## b #',
    '    # code',
    '---',
    '===',
    '    ---',
  ),
  fc.constantFrom(
    '- a',
    '-',
    '1. a',
    'text\n2) b',
    '  - c',
    '   d',
    '     # e',
    '- # f',
    '\t- g',
    'text\n10. h',
    '+ i',
  ),
  fc.constantFrom(
    '> a',
    '>',
    '> - b',
    '> ```',
    '>>>>>>>>> c',
    '- - - - - - # d',
    '- > 1. > + # e',
    '* * * * * *',
  ),
  fc.constantFrom('```', '````', '~~~', '``` js', '  ```', '    ```', '> ~~~', '- ```'),
  fc.constantFrom(
    '<!--',
    '-->',
    '<div>',
    '</div>',
    '<a>',
    '------------>',
    '> > > > > > -->',
    '<?x',
    '<!X',
    '</pre>',
  ),
  fc.constantFrom(
    '[a]: b',
    '[a]:',
    '"title',
    'title"',
    '[b]: <c',
    `${' '.repeat(40)}- x`,
    `-${' '.repeat(40)}y`,
  ),
);
const openers = /^(?:`|~|<[!?])/;
/** Mostly without what swallows all the rest. */
const document = fc
  .tuple(fc.array(piece, { minLength: 60, maxLength: 200, size: 'max' }), fc.boolean())
  .map(([lines, isCalm]) => (isCalm ? lines.filter((line) => !openers.test(line)) : lines))
  .map((lines) => lines.join('\n').split('\n'));

const expectedIn = (lines: readonly string[]) =>
  fromMarkdown(lines.join('\n')).children.flatMap((node) =>
    node.type === 'heading' ? [[node.depth, node.position?.start.line, node.position?.end.line]] : [],
  );
const seenIn = (lines: readonly string[]) =>
  readBlocks(lines).blocks.flatMap((block) =>
    block.kind === 'heading' ? [[block.level, block.line, block.endLine]] : [],
  );

t.test('headings are where the Markdown parser sees them in the whole document at once', async (t) => {
  let headings = 0;
  fc.assert(
    fc.property(document, (lines) => {
      const expected = expectedIn(lines);
      headings += expected.length;
      return readBlocks(lines).tooLongAt === null && isDeepStrictEqual(seenIn(lines), expected);
    }),
    { seed, numRuns: 60 },
  );
  t.ok(headings > 30, `${headings} headings`);
});

const acrossPortions: readonly (readonly string[])[] = [
  ['> a', '<a>', 't', '---', '# b'],
  ['[a]: b', '"title', 'more"', '---', '# b'],
  ['para', 'more', '---', 'para', '==='],
  ['- a', '', '  ## b', '', '## c', '- d', '---'],
  ['```', '## a', '', '```', '## b'],
  ['<!X', '- - - - >', '', '# b', '>', '# c'],
  ['1. a', '2. b', '   ## c', '10. d', '   # e', '# f'],
];
for (const lines of acrossPortions) {
  t.test(`wherever a document is cut for reading: ${JSON.stringify(lines)}`, async (t) => {
    for (let before = 50; before < 66; before++) {
      const whole = [...Array.from({ length: before }, () => ''), ...lines];

      t.same(seenIn(whole), expectedIn(whole), `behind ${before} lines`);
    }
  });
}

t.test('nothing makes it throw', async () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    document.map((lines) => lines.join('\n')),
    fc
      .array(fc.constantFrom('#', '`', '>', '-', ' ', '\n', '\t', '\r', '[', '*', 'Wave 1', 'Task', ':'), {
        maxLength: 300,
      })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(anything, (text) => {
      const parsing = parsePlan(text);
      return parsing.ok || parsing.problems.every(({ line, message }) => line >= 1 && message !== '');
    }),
    { seed, numRuns: 150 },
  );
});
