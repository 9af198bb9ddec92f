import { dirname } from 'node:path';
import t from 'tap';
import { filesLike, textOf } from '../support/house.ts';

const maxLines = 400;
const sources = filesLike('src/**/*.ts');
const folders = [...new Set(sources.map((path) => dirname(path)))].filter((folder) => folder !== 'src');
/** A room's folder is named in the table, or it is a part of a room: one folder per noun below commands/ and routes/. */
const isPart = (folder: string) => /^src\/(cli\/commands|http\/routes)\/[a-z]+$/.test(folder);

t.test('every room says at its door what it owns, what it promises and what it must not know', async (t) => {
  const doors = filesLike('src/{*,domain/*,foundation/*}/index.ts');
  t.ok(doors.length >= 15, `${doors.length} rooms`);

  for (const door of doors) {
    const comment = /^\/\*\*(.*?)\*\//s.exec(textOf(door))?.[1] ?? '';
    t.match(comment, /\bown(s|ed)?\b|: /, `${door} says what it owns`);
    t.match(comment, /\bpromises?\b/, `${door} says what it promises`);
    t.match(comment, /must\s+(\*\s+)?not/, `${door} says what it must not know or do`);
  }
});

t.test('every room is entered by an index.ts', async (t) => {
  const rooms = filesLike('src/{domain,foundation}/*').concat(filesLike('src/*'));
  const folders = rooms.filter(
    (path) => !path.endsWith('.ts') && !/^src\/(domain|foundation|demo)$/.test(path),
  );
  t.ok(folders.length >= 15, `${folders.length} rooms`);

  for (const folder of folders) t.ok(sources.includes(`${folder}/index.ts`), folder);
});

t.test('ARCHITECTURE.md names every room, and none that is not there', async (t) => {
  const page = textOf('ARCHITECTURE.md');
  const named = [...page.matchAll(/^\| `(src\/[^`]+)` \|/gm)].map((match) => match[1] ?? '');

  t.same(
    folders.filter((folder) => !isPart(folder) && !named.includes(folder)),
    [],
    'rooms that it lacks',
  );
  t.same(
    named.filter((name) => !folders.includes(name) && !sources.includes(name)),
    [],
    'rooms that are gone',
  );
});

t.test(`no source file has more than ${maxLines} lines`, async (t) => {
  t.ok(sources.length > 100, `${sources.length} files`);

  for (const path of sources) {
    const lines = textOf(path).split('\n').length - 1;
    if (lines > maxLines) t.fail(`${path} has ${lines}`);
  }
});

t.test('no source file has a name that could hold anything', async (t) => {
  t.same(
    sources.filter((path) => /(^|\/)(utils?|helpers?|common|misc|managers?)(\/|\.ts$)/.test(path)),
    [],
  );
});
