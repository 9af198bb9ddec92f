import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { commandClasses } from '../../src/cli/commands/index.ts';
import { codeBlocks, filesLike, pages, proseOf, root, textOf } from '../support/house.ts';

/** A heading as the anchor that leads to it. */
function anchorOf(heading: string): string {
  const kept = heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '');
  return kept.trim().replaceAll(' ', '-');
}

function anchorsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1] ?? ''));
}

t.test('the root has the pages that a reader looks for', async (t) => {
  for (const name of ['README', 'ARCHITECTURE', 'SCOPE', 'SECURITY', 'CONTRIBUTING', 'CHANGELOG'])
    t.ok(existsSync(`${root}${name}.md`), name);
  t.match(textOf('LICENSE'), 'MIT License');
});

t.test('every link of every page leads somewhere', async (t) => {
  let links = 0;
  for (const page of pages()) {
    for (const [, target = ''] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      links++;
      if (!existsSync(`${root}${file}`)) t.fail(`${page}: ${target}`);
      else if (anchor !== undefined && !anchorsOf(file).includes(anchor))
        t.fail(`${page}: no heading for ${target}`);
    }
  }
  t.ok(links > 50, `${links} links`);
});

t.test('every record of a decision is in the index', async (t) => {
  const index = textOf('docs/adr/README.md');

  for (const path of filesLike('docs/adr/0*.md'))
    t.ok(index.includes(`](${path.slice('docs/adr/'.length)})`), path);
});

t.test('every command that a page shows exists', async (t) => {
  const paths = commandClasses.flatMap((command) => command.paths ?? []).map((path) => path.join(' '));
  let commands = 0;

  for (const page of pages().filter((name) => !/^docs\/(cli|config|errors|events|api)\.md$/.test(name))) {
    const inCode = codeBlocks(page, 'sh')
      .join('')
      .matchAll(/^drover (.+)$/gm);
    const inText = page === 'SCOPE.md' ? [] : proseOf(page).matchAll(/`drover ([^`]+)`/g);
    for (const [, line = ''] of [...inCode, ...inText]) {
      commands++;
      const isKnown = paths.some((path) => path !== '' && (line === path || line.startsWith(`${path} `)));
      t.ok(isKnown || line.startsWith('--'), `${page}: drover ${line}`);
    }
  }
  t.ok(commands > 15, `${commands} commands`);
});

t.test('every npm script that a page shows exists', async (t) => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };

  for (const page of pages()) {
    for (const [, name = ''] of textOf(page).matchAll(/npm run ([a-z:]+)/g))
      t.ok(name in scripts, `${page}: npm run ${name}`);
  }
  t.ok('start' in scripts && 'test' in scripts);
});

t.test('every file of the project that a page names is there', async (t) => {
  const named = /`((?:src|test|scripts|docs|service-templates)\/[\w./-]+)`/g;
  for (const page of pages()) {
    for (const [, path = ''] of textOf(page).matchAll(named))
      t.ok(existsSync(`${root}${path}`), `${page}: ${path}`);
  }
});

t.test('the changelog is about this version', async (t) => {
  const { version } = JSON.parse(textOf('package.json')) as { version: string };

  t.match(textOf('CHANGELOG.md'), new RegExp(`\\b${version.replaceAll('.', '\\.')}\\b`));
});

t.test('no page and no source names a registry or a folder of one machine', async (t) => {
  const suspicious =
    /registry\.npmjs|\/home\/(?!ada\b|user\b|me\b|you\b|linuxbrew\b)[a-z]+\/|\/Users\/(?!me\b|you\b)[a-z]+\//;
  for (const path of [...pages(), ...filesLike('{src,scripts,test}/**/*.ts')])
    if (path !== 'test/house/pages.test.ts' && suspicious.test(textOf(path))) t.fail(path);
});
