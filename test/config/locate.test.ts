import fc from 'fast-check';
import { stringify } from 'smol-toml';
import t from 'tap';
import { type KeyPath, locateKeys } from '../../src/foundation/config/locate.ts';

const source = `# comment with [brackets] and a = "b"
top = 1
"quoted \\u00e9 \\"key" = 2
'literal.key' = 3
a.b . "c d" = 4
long = """
not_a_key = 1
[nor.a.table] \\""" still """""
raw = '''
also_not = 1
'''
list = [ 1, # one ]
  [2, 3], { deep.er = 5 } ]
inline = { x = 1, y = { "z z" = [ { w = 1 } ] } }

[table]
key = 1
[table.sub] # after a header
key = 2

[[items]]
name = "first"
[items.more]
x = 1
[[items]]
name = "second"
  [[items.inner]]
  x = 2
  [[items.inner]]
  x = 3
`;

t.test('every way to write a key is found where it stands', async (t) => {
  const lines = source.split('\n');
  const locate = locateKeys(source);
  const cases: [KeyPath, string][] = [
    [['top'], 'top = 1'],
    [['quoted é "key'], '"quoted'],
    [['literal.key'], "'literal.key'"],
    [['a', 'b'], 'b . "c d"'],
    [['a', 'b', 'c d'], '"c d" = 4'],
    [['long'], 'long = '],
    [['raw'], 'raw = '],
    [['list', 0], '1, # one'],
    [['list', 1, 1], '3], {'],
    [['list', 2, 'deep', 'er'], 'er = 5'],
    [['inline', 'y', 'z z', 0, 'w'], 'w = 1 }'],
    [['table'], '[table]'],
    [['table', 'sub', 'key'], 'key = 2'],
    [['items', 0, 'name'], 'name = "first"'],
    [['items', 0, 'more', 'x'], 'x = 1'],
    [['items', 1], '[[items]]'],
    [['items', 1, 'name'], 'name = "second"'],
    [['items', 1, 'inner', 0, 'x'], 'x = 2'],
    [['items', 1, 'inner', 1, 'x'], 'x = 3'],
  ];
  for (const [path, text] of cases) {
    const { line, column } = locate(path);
    t.equal(lines[line - 1]?.slice(column - 1, column - 1 + text.length), text, path.join(' > '));
  }
});

t.test('a key that is not written out is placed at its nearest parent, else at the top', async (t) => {
  const locate = locateKeys(source);

  t.same(locate(['table', 'sub', 'absent']), { line: 18, column: 1 });
  t.same(locate(['absent']), { line: 1, column: 1 });
  t.notOk(
    source.split('\n')[locate(['also_not']).line - 1]?.includes('also_not'),
    'text in a string is no key',
  );
});

t.test('every key of any document that can be written is found', async (t) => {
  const key = fc.oneof(
    fc.string({ minLength: 1, maxLength: 6 }),
    fc.constantFrom('a', 'b-c', 'd.e', '#', '"', "'"),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    value: fc.oneof(
      { depthSize: 'small' },
      fc.integer(),
      fc.string({ maxLength: 8 }),
      fc.boolean(),
      fc.array(fc.integer(), { maxLength: 3 }),
      fc.array(fc.dictionary(key, fc.integer(), { minKeys: 1, maxKeys: 3 }), { maxLength: 3 }),
      tie('tree'),
    ),
  }));
  let checked = 0;

  fc.assert(
    fc.property(tree, (document) => {
      const text = stringify(document as Record<string, unknown>);
      const locate = locateKeys(text);
      for (const path of leafPaths(document)) {
        checked++;
        const { line, column } = locate(path);
        const found = text.split('\n')[line - 1]?.slice(column - 1) ?? '';
        const name = String(path.at(-1));
        if (!found.startsWith(name) && !/^["']/.test(found)) throw new Error(`${path.join(' > ')}: ${found}`);
      }
    }),
    { numRuns: 300 },
  );
  t.ok(checked > 100, `${checked} keys looked up`);
});

function leafPaths(value: unknown, above: KeyPath = []): KeyPath[] {
  if (typeof value !== 'object' || value === null) return typeof above.at(-1) === 'string' ? [above] : [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([name, inner]) => leafPaths(inner, [...above, name]));
}
