import t from 'tap';
import { maxBlockLines } from '../../src/domain/plans/text/markdown.ts';
import {
  maxPlanBytes,
  maxPlanLines,
  maxTasks,
  maxTaskTitleChars,
  maxWaves,
  type ParsedPlan,
  type PlanProblem,
  parsePlan,
} from '../../src/domain/plans/text/parse.ts';
import { maxToldProblems } from '../../src/domain/plans/text/problem.ts';

const planOf = (text: string): ParsedPlan => {
  const parsing = parsePlan(text);
  if (!parsing.ok) throw new Error(`not a plan: ${JSON.stringify(parsing.problems)}`);
  return parsing.plan;
};

const problemsOf = (text: string): readonly PlanProblem[] => {
  const parsing = parsePlan(text);
  return parsing.ok ? [] : parsing.problems;
};

/** Wave, task number, title and body of each task, for a short look. */
const tasksOf = (text: string) =>
  planOf(text).waves.flatMap(({ tasks }) =>
    tasks.map(({ wave, number, title, body }) => [wave, number, title, body]),
  );

t.test('a whole plan', async (t) => {
  const text = `# Log in by link

Intro.

**Goal:** A person gets in without a \`password\`
**Architecture:** One table, one route
and what follows is no part of it
**Tech Stack:** TypeScript, SQLite

## Wave 1: Base

Words about the wave.

### Task 1: The table

Create it.

#### Files

- \`src/a.ts\`

### Task 2: The mail
Send it.

## Wave 2

### Task 3: The page
Show it.

## Notes
Not of a task.
`;

  t.same(planOf(text), {
    title: 'Log in by link',
    goal: 'A person gets in without a `password`',
    architecture: 'One table, one route',
    techStack: 'TypeScript, SQLite',
    waves: [
      {
        number: 1,
        title: 'Base',
        tasks: [
          { number: 1, wave: 1, title: 'The table', body: 'Create it.\n\n#### Files\n\n- `src/a.ts`' },
          { number: 2, wave: 1, title: 'The mail', body: 'Send it.' },
        ],
      },
      { number: 2, title: null, tasks: [{ number: 3, wave: 2, title: 'The page', body: 'Show it.' }] },
    ],
  });
});

t.test('a document without waves is a draft', async (t) => {
  t.same(planOf('# Make it fast\n\n**Goal:** fast\n\nSomething.\n\n## Ideas\n\n- one'), {
    title: 'Make it fast',
    goal: 'fast',
    architecture: null,
    techStack: null,
    waves: [],
  });
  t.same(planOf('just words').waves, []);
});

t.test('fields: other spellings, the first of two, none after the first wave', async (t) => {
  const { goal, architecture, techStack } = planOf(`- **goal**: a list will do
__Architecture:__ underscores too
**Goal:** a second one

**Tech Stack:**

## Wave 1
### Task 1: x
**Tech Stack:** of a task
`);

  t.equal(goal, 'a list will do');
  t.equal(architecture, 'underscores too');
  t.equal(techStack, null);
});

t.test('tasks are numbered over the file, whatever is written', async (t) => {
  const text = '## Wave 1\n### Task 7: a\n1\n### Task 7: b\n2\n## Wave 2\n### Task 1: c\n3';

  t.same(tasksOf(text), [
    [1, 1, 'a', '1'],
    [1, 2, 'b', '2'],
    [2, 3, 'c', '3'],
  ]);
});

const understood: readonly (readonly [heading: string, title: string])[] = [
  ['### Task 1: x', 'x'],
  ['### Task 1 - x', 'x'],
  ['### Task 1 – x', 'x'],
  ['### Task 1 — x', 'x'],
  ['### Task 5:x', 'x'],
  ['### Task 5:--flag', '--flag'],
  ['### Task 1 -- x', 'x'],
  ['### Task 1. x', 'x'],
  ['### Task: x', 'x'],
  ['### Task - x', 'x'],
  ['### Task A: x', 'x'],
  ['### Task One: x', 'x'],
  ['### Task #3: x', 'x'],
  ['### Task 1.2: x', 'x'],
  ['### task 1: x', 'x'],
  ['#### Task 2 - x', 'x'],
  ['### **Task 1: x**', 'x'],
  ['### **Task 1:** x', 'x'],
  ['   ###   Task 1:   x   ###', 'x'],
  ['### Task 1: Use `a_b` *now*: yes', 'Use `a_b` *now*: yes'],
];
for (const [heading, title] of understood) {
  t.test(`understood: ${heading}`, async (t) => {
    t.same(tasksOf(`## Wave 1\n${heading}\n\nbody\n`), [[1, 1, title, 'body']]);
  });
}

const waves: readonly (readonly [heading: string, title: string | null])[] = [
  ['## Wave 1', null],
  ['## wave 1', null],
  ['## WAVE 1:', null],
  ['## Wave One', null],
  ['## Wave #1', null],
  ['## Wave1', null],
  ['## Wave 01', null],
  ['## Wave 1: Base', 'Base'],
  ['## Wave 1 - Base', 'Base'],
  ['## Wave 1 — Base', 'Base'],
  ['## Wave 1 (in parallel)', '(in parallel)'],
  ['## Wave 1 and what is in it', 'and what is in it'],
  ['## **Wave 1: Base**', 'Base'],
  ['### Wave 1', null],
  ['Wave 1: Base\n------------', 'Base'],
];
for (const [heading, title] of waves) {
  t.test(`understood: ${heading}`, async (t) => {
    const [wave] = planOf(`${heading}\n\n### Task 1: x\nbody`).waves;

    t.match(wave, { number: 1, title, tasks: [{ title: 'x' }] });
  });
}

const one = '### Task 1: x\nbody\n';
const wrong: readonly (readonly [name: string, text: string, line: number, message: RegExp])[] = [
  ['an empty document', '', 1, /^The plan is empty: write/],
  ['nothing but white space', '\uFEFF \n\t\n', 1, /^The plan is empty/],
  ['a first wave with the number 2', `## Wave 2\n${one}`, 1, /write|begin with "## Wave 1"/],
  ['a first wave with the number 0', `## Wave 0\n${one}`, 1, /begin with "## Wave 1"/],
  ['a gap', `## Wave 1\n${one}## Wave 3\n${one}`, 4, /here "## Wave 2"/],
  ['the same number again', `## Wave 1\n${one}## Wave 1\n${one}`, 4, /here "## Wave 2"/],
  [
    'a wave without tasks',
    `## Wave 1\n\ntext\n\n## Wave 2\n${one}`,
    1,
    /^Wave 1 has no task: write "### Task/,
  ],
  [
    'a task before the first wave',
    `\n${one}## Wave 1\n${one}`,
    2,
    /before the first wave: write "## Wave 1"/,
  ],
  ['tasks without any wave', one, 1, /before the first wave/],
  ['a task without title', '## Wave 1\n### Task 1:\nbody', 2, /no title: write "### Task 1: /],
  ['a task that is a number', '## Wave 1\n### Task 1\nbody', 2, /no title/],
  ['a task that is a word', '## Wave 1\n### Task\nbody', 2, /no title/],
  ['two tasks of one title', `## Wave 1\n${one}### Task 2 - x\ny`, 4, /title of the one in line 2/],
  ['a task without body', `## Wave 1\n### Task 1: x\n\n### Task 2: y\nb`, 2, /^The title alone is no task/],
  [
    'a task that is a comment',
    `## Wave 1\n### Task 1: x\n<!-- later\n -->\n`,
    2,
    /^The title alone is no task/,
  ],
  ['a task that is a rule', `## Wave 1\n### Task 1: x\n\n---\n***\n`, 2, /^The title alone is no task/],
  [
    'a task that is an empty list',
    `## Wave 1\n### Task 1: x\n- [ ] \n1. [x]\n* \n`,
    2,
    /^The title alone is no task/,
  ],
  ['a last task without body', '## Wave 1\n### Task 1: x', 2, /^The title alone is no task/],
  ['NUL', `## Wave 1\n${one}a\n\0`, 5, /NUL/],
  ['a wave of a word', `## Wave Base\n${one}`, 1, /no whole number: write "## Wave 1: Base"/],
  ['a wave without number', `## Wave: Base\n${one}`, 1, /write "## Wave 1: Base"/],
  ['a wave that is a word', `## Wave 1\n${one}## Wave\n${one}`, 4, /write "## Wave 2"/],
  ['half a wave', `## Wave 1.5\n${one}`, 1, /no whole number/],
  ['a Roman number', `## Wave II\n${one}`, 1, /no whole number/],
  ['an ordinal', `## First wave\n${one}`, 1, /write "## Wave 1"/],
  ['a numbered list of headings', `## 1. Wave: Base\n${one}`, 1, /write "## Wave 1"/],
  [
    'a wave of level 1',
    `# Wave 1: Base\n${one}`,
    1,
    /level 2, this one has level 1: write "## Wave 1: Base"/,
  ],
  ['a wave of level 4', `## Wave 1\n${one}#### Wave 2\n${one}`, 4, /level 2, this one has level 4/],
  [
    'a task of level 2',
    `## Wave 1\n## Task 1: x\nbody`,
    2,
    /level 3, this one has level 2: write "### Task 1: x"/,
  ],
  ['a task of level 5', `## Wave 1\n${one}##### Task 2: y\nbody`, 4, /level 3, this one has level 5/],
  ['a task of level 2 in a draft', '# T\n\n## Task 1: x\nbody', 3, /level 3/],
  [
    'a task without separator',
    '## Wave 1\n### Task 1 Set up\nbody',
    2,
    /colon .* write "### Task 1: Set up"/,
  ],
  ['a task without number', '## Wave 1\n### Task set up\nbody', 2, /write "### Task 1: set up"/],
  ['a bold wave', `**Wave 1**\n\n${one}`, 1, /bold line is no heading: write "## Wave 1"/],
  ['a bold wave with its title', '**Wave 1: Base**', 1, /write "## Wave 1: Base"/],
  ['a bold wave before its title', '__Wave 1:__ Base', 1, /write "## Wave 1: Base"/],
  ['a bold task', `## Wave 1\n${one}text\n**Task 2: y**\nbody`, 5, /write "### Task 2: y"/],
  ['a wave that is a line', `Wave 1: Base\n\n${one}`, 1, /A wave is a heading: write "## Wave 1: Base"/],
  ['hashes without a space', `##Wave 1\n\n${one}`, 1, /begin it with one to six hashes and a space/],
  ['a task without the space', `## Wave 1\n${one}###Task 2: y\nbody`, 4, /hashes and a space/],
  ['a wave that is indented', `    ## Wave 1\n${one}`, 1, /code because of its indent/],
  ['a wave in a list', `- ## Wave 1\n\n${one}`, 1, /heading within a list/],
  ['a task within an item', `## Wave 1\n${one}- item\n\n  ### Task 2: y\n  body`, 6, /heading within a list/],
  ['a plan in a fence', `\`\`\`markdown\n## Wave 1\n${one}\`\`\``, 1, /in a fence of code: write it without/],
  ['a fence that stays open', `## Wave 1\n${one}\`\`\`sh\nls\n## Wave 2\n${one}`, 4, /never closed/],
  ['a comment that stays open', `## Wave 1\n${one}\n<!-- later\n## Wave 2\n${one}`, 5, /never closed/],
  [
    'a rule right below text',
    `## Wave 1\n${one}more\n---\n## Wave 2\n${one}`,
    3,
    /empty line above the dashes/,
  ],
];
for (const [name, text, line, message] of wrong) {
  t.test(`told: ${name}`, async (t) => {
    const [problem] = problemsOf(text).filter((one) => message.test(one.message));

    t.equal(problem?.line, line, JSON.stringify(problemsOf(text)));
  });
}

t.test('a slip is told once and does not make others of what follows it', async (t) => {
  t.equal(problemsOf(`## Wave Base\n${one}## Wave 2\n${one}`).length, 1);
  t.equal(problemsOf(`## Wave 1\n${one}## Wave 3\n${one}## Wave 4\n${one}`).length, 1);
  t.equal(problemsOf('## Wave 1\n### Task 1 Set up\nbody').length, 1);
});

const texts: readonly string[] = [
  '```md\n## Wave 9\n### Task 1: no\n```',
  '~~~\n## Wave 9\n```\n~~~',
  '````\n```\n## Wave 9\n````',
  '> ## Wave 9\n> ### Task 1: no',
  '<div>\n## Wave 9\n### Task 1: no\n</div>',
  '<!--\n\n## Wave 9\n\n-->',
  '- item\n  ```\n  ## Wave 9\n  ```',
  '#### Task list\n\n#### Wave form\n\n##### Deeper',
  'Wave 1 has to be there. **Wave 1** is the first; see **Task 1: x** too.',
  '**Task 1** of the other plan is done',
  'After it, see\nTask 1: the table',
  '* * *\n\n***\n\n- - - - - - - - - -',
  '[a]: b\n---\n\ntext',
];
for (const text of texts) {
  t.test(`text, and kept as it is: ${JSON.stringify(text)}`, async (t) => {
    const body = `${text}\n\nTo be done.`;
    t.same(tasksOf(`# T\n\n## Wave 1\n\n### Task 1: x\n\n${body}\n\n### Task 2: y\n\n${body}`), [
      [1, 1, 'x', body],
      [1, 2, 'y', body],
    ]);
  });
}

t.test('the body ends at a heading of its own level or higher, and no sooner', async (t) => {
  t.same(tasksOf('## Wave 1\n### Task 1: x\na\n#### deeper\nb\n### Other\nc'), [
    [1, 1, 'x', 'a\n#### deeper\nb'],
  ]);
  t.same(tasksOf('## Wave 1\n#### Task 1: x\na\n##### deeper\nb\n#### Other\nc'), [
    [1, 1, 'x', 'a\n##### deeper\nb'],
  ]);
  t.same(tasksOf('## Wave 1\n### Task 1: x\na\n\nTop\n===\n\nc'), [[1, 1, 'x', 'a']]);
});

t.test('a body that begins with indented code keeps its indent', async (t) => {
  t.same(tasksOf('## Wave 1\n### Task 1: x\n\n    npm test\n    npm start  \n\n'), [
    [1, 1, 'x', '    npm test\n    npm start'],
  ]);
});

t.test('line ends of any system and a byte order mark change nothing', async (t) => {
  const text = '# T\n\n**Goal:** g\n\n## Wave 1: w\n\n### Task 1: x\n\n- a\n\n  b\n';

  for (const end of ['\r\n', '\r']) {
    t.same(planOf(`\uFEFF${text.replaceAll('\n', end)}`), planOf(text));
    t.same(problemsOf(`a${end}${end}**Wave 1**`)[0]?.line, 3);
  }
});

t.test('the title may speak of a task; a second one may not', async (t) => {
  t.equal(planOf('# Task 12: Log in\n\nplease').title, 'Task 12: Log in');
  t.equal(planOf('# Wave: a player').title, 'Wave: a player');
  t.match(problemsOf('# T\n\n# Task 12: Log in'), [{ line: 3, message: /level 3/ }]);
  t.equal(planOf('Two\nlines\n===').title, 'Two lines');
});

t.test('limits: what is just allowed, and what is one more', async (t) => {
  const wave = (number: number, tasks: number) =>
    `## Wave ${number}\n${Array.from({ length: tasks }, (_, index) => `### Task 1: t${index}\nb\n`).join('')}`;
  const many = (count: number, tasks: number) =>
    Array.from({ length: count }, (_, index) => wave(index + 1, tasks)).join('');

  t.equal(planOf(many(maxWaves, 1)).waves.length, maxWaves);
  t.match(problemsOf(many(maxWaves + 1, 1)), [{ line: maxWaves * 3 + 1, message: /at most 100 waves/ }]);
  t.equal(tasksOf(wave(1, maxTasks)).length, maxTasks);
  t.match(problemsOf(wave(1, maxTasks + 1)), [{ line: maxTasks * 2 + 2, message: /at most 500 tasks/ }]);

  const titled = (length: number) => `## Wave 1\n### Task 1: ${'t'.repeat(length)}\nb\n`;
  t.equal(tasksOf(titled(maxTaskTitleChars)).length, 1);
  t.match(problemsOf(titled(maxTaskTitleChars + 1)), [{ line: 2, message: /at most 200 characters/ }]);

  const fence = (bytes: number) => `\`\`\`\n${'é'.repeat(Math.floor((bytes - 8) / 2))}\n\`\`\``;
  t.equal(parsePlan(fence(maxPlanBytes)).ok, true);
  t.match(problemsOf(fence(maxPlanBytes + 2)), [{ line: 1, message: /262146 bytes, more than the 262144/ }]);

  const lines = (count: number) => `${'x\n\n'.repeat(count / 2 - 1)}x\nx`;
  t.equal(parsePlan(lines(maxPlanLines)).ok, true);
  t.match(problemsOf(lines(maxPlanLines + 2)), [{ line: 5001, message: /5002 lines, more than the 5000/ }]);
});

t.test('a text that was read a moment ago is not read again', async (t) => {
  const text = `## Wave 1\n### Task 1: x\nbody ${Math.random()}`;
  const first = parsePlan(text);
  t.equal(parsePlan(text), first);
  for (let other = 0; other < 15; other += 1) parsePlan(`other ${other}`);
  t.equal(parsePlan(text), first);
  for (let other = 0; other < 16; other += 1) parsePlan(`other ${other}`);
  t.not(parsePlan(text), first);
  t.same(parsePlan(text), first);
});

t.test('a paragraph, a quote or an item that never ends is told; code may be long', async (t) => {
  const long = (line: string) => `# T\n\n${line.repeat(maxBlockLines * 3)}`;

  for (const line of ['word\n', '> a\n', '[a]\n']) {
    t.match(problemsOf(long(line)), [{ line: 3, message: /longer than 500 lines/ }], line);
  }
  t.match(problemsOf(`- a\n${'  b\n'.repeat(maxBlockLines * 3)}`), [{ line: 1, message: /longer than/ }]);
  for (const line of ['- a\n', '    code\n', 'word\n\n', '> a\n\n', '[a]: b\n']) {
    t.equal(parsePlan(long(line)).ok, true, line);
  }
  t.equal(parsePlan(`## Wave 1\n${one}\`\`\`\n${'log\n'.repeat(maxPlanLines - 10)}\`\`\``).ok, true);
});

t.test('of very many problems the first are told, and how many more there are', async (t) => {
  const problems = problemsOf('### Task 1: x\n'.repeat(1000));

  t.equal(problems.length, maxToldProblems + 1);
  t.match(problems.at(-1), { line: maxToldProblems + 1, message: /^980 more/ });
});
