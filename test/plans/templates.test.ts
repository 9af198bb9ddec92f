/** Which templates can be used, and what is said of those that cannot. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { checkTemplate, maxTemplateChars } from '../../src/domain/plans/prompts/render.ts';
import { valueNames } from '../../src/domain/plans/prompts/values.ts';

const templates: readonly (readonly [template: string, problem: RegExp | null])[] = [
  ['{{title}} {{ goal }} {{#feedback}}{{feedback}}{{/feedback}}{{^task_body}}x{{/task_body}}', null],
  ['{{#goal}}{{#task_body}}x{{/task_body}}{{/goal}}', null],
  ['a } b { c }} d', null],
  ['```\nls\n```\n~~~~\n```\n~~~~', null],
  ['', /empty/],
  [' \n', /empty/],
  ['\n{{titel}}', /^Unknown name titel in line 2: did you mean title\?$/],
  ['{{feedbak}}', /did you mean feedback\?/],
  ['{{taskBody}}', /did you mean task_body\?/],
  ['{{something_else}}', /there are plan, role, title/],
  ['{{constructor}}', /Unknown name constructor/],
  ['{{#gaol}}{{/gaol}}', /did you mean goal\?/],
  ['{{}}', /in line 1 hold no name/],
  ['{{{title}}}', /hold no name/],
  ['{{> other}}', /hold no name/],
  ['a {{title', /hold no name/],
  ['x\n{{#goal}}\ny', /goal that begins in line 2 is never closed with \{\{\/goal\}\}/],
  ['{{/goal}}', /closes a section that was not begun/],
  [
    '{{#goal}}\n{{#title}}\n{{/goal}}',
    /\{\{\/goal\}\} in line 3 stands where \{\{\/title\}\} of line 2 belongs/,
  ],
  ['text\n```sh\nls', /fence of code in line 2 is never closed/],
  ['x'.repeat(maxTemplateChars + 1), /65537 characters, more than the 65536/],
];
for (const [template, problem] of templates) {
  t.test(`a template: ${JSON.stringify(template.slice(0, 60))}`, async (t) => {
    if (problem === null) t.equal(checkTemplate(template), null);
    else t.match(checkTemplate(template), problem);
  });
}

t.test('the page of plans lists every name', async (t) => {
  const docs = readFileSync(new URL('../../docs/plans.md', import.meta.url), 'utf8');
  const [table = ''] = /\| Name \| Stands for \|\n[\s\S]*?\n\n/.exec(docs) ?? [];
  const listed = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(
    ([, names = '']) => names.match(/\w+/g) ?? [],
  );

  t.same(listed.sort(), valueNames.toSorted());
});
