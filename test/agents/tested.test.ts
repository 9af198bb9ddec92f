import t from 'tap';
import { builtInNames, presets, tested, testedWith } from '../../src/domain/agents/index.ts';
import { agentPackages } from '../support/agent-clis.ts';
import { textOf } from '../support/house.ts';

/** The rows of docs/agents.md: names, and what is said of tests. */
const rows = [...textOf('docs/agents.md').matchAll(/^\| (`.+?`) \|.*\| ([^|]+) \|$/gm)].map(
  ([, names = '', said = '']) => ({
    names: [...names.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
    said,
  }),
);
const agents = rows.filter(({ names }) =>
  names.some((name) => presets.some((preset) => preset.name === name) || isBuiltIn(name)),
);

function isBuiltIn(name: string): boolean {
  return (builtInNames as readonly string[]).includes(name);
}

void t.test('what is said to be tested is what the tests install', async (t) => {
  t.strictSame(
    tested.map((one) => `${one.package}@${one.version}`).sort(),
    Object.values(agentPackages)
      .map(({ name, version }) => `${name}@${version}`)
      .sort(),
  );
  for (const { program, runtime } of tested) {
    t.ok(
      presets.some((preset) => preset.program === program && preset.runtime === runtime),
      `a preset finds ${program}`,
    );
  }
});

void t.test('docs/agents.md names every agent once, and what each is tested with', async (t) => {
  const names = [...new Set(presets.map(({ name }) => name)), ...builtInNames];
  t.strictSame(agents.flatMap((row) => row.names).sort(), [...names].sort());

  for (const row of agents) {
    for (const name of row.names) {
      if (isBuiltIn(name)) continue;
      const first = presets.find((preset) => preset.name === name);
      const version = testedWith(first?.runtime ?? 'acp', [first?.program ?? '']);
      const said = version === null ? 'not yet' : `${row.said.split(' ')[0]} ${version}`;
      t.equal(row.said.split(',')[0], said, name);
    }
  }
});

void t.test(
  'an agent is tested by its program and how it is spoken with, whatever it is called',
  async (t) => {
    t.equal(testedWith('claude', ['/opt/bin/claude', '--debug']), '2.1.329');
    t.equal(testedWith('acp', ['claude']), null);
    t.equal(testedWith('command', []), null);
  },
);
