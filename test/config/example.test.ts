import t from 'tap';
import { planRoles } from '../../src/contract/index.ts';
import { configKeys, defaultConfig, parseConfig, renderExample } from '../../src/foundation/config/index.ts';

const path = '/config.example.toml';
/** Takes the comment sign off every line that holds an assignment or a table. */
const uncommented = renderExample().replace(/^# (?=[a-z_]+ = |\[)/gm, '');

t.test('the example as it stands is the defaults', async (t) => {
  t.same(parseConfig(renderExample(), path), defaultConfig());
});

t.test(
  'uncommented, it is the defaults, an agent for each role, and one valid preset, rule and hook',
  async (t) => {
    const { agents, policy, roles, hooks, ...rest } = parseConfig(uncommented, path);
    const { agents: none, policy: plain, roles: noRoles, hooks: silent, ...defaults } = defaultConfig();

    t.same(rest, defaults);
    t.same({ ...policy, rules: [] }, plain);
    t.match(policy.rules, [{ decision: 'deny', path: 'secrets/**' }]);
    t.same([none, noRoles, silent], [{}, {}, []]);
    t.same(roles, Object.fromEntries(planRoles.map((role) => [role, 'claude'])));
    t.match(hooks, [{ on: ['run.finished', 'plan.blocked'], url: /^https:/, command: undefined }]);
    t.same(Object.keys(agents), ['example']);
  },
);

t.test('it names every key with its description', async (t) => {
  const flat = renderExample().replaceAll('\n# ', ' ');
  for (const { path: keyPath, description } of configKeys()) {
    t.match(uncommented, new RegExp(`^(\\[?|\\[\\[(\\w+\\.)?)${keyPath.at(-1)}\\b`, 'm'), keyPath.join('.'));
    t.ok(flat.includes(description), description);
  }
});
