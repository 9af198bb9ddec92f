import t from 'tap';
import { configKeys, defaultConfig, parseConfig, renderExample } from '../../src/foundation/config/index.ts';

const path = '/config.example.toml';
/** Takes the comment sign off every line that holds an assignment or a table. */
const uncommented = renderExample().replace(/^# (?=[a-z_]+ = |\[)/gm, '');

t.test('the example as it stands is the defaults', async (t) => {
  t.same(parseConfig(renderExample(), path), defaultConfig());
});

t.test('uncommented, it is the defaults, one valid preset and one valid rule', async (t) => {
  const { agents, policy, ...rest } = parseConfig(uncommented, path);
  const { agents: none, policy: plain, ...defaults } = defaultConfig();

  t.same(rest, defaults);
  t.same({ ...policy, rules: [] }, plain);
  t.match(policy.rules, [{ decision: 'deny', path: 'secrets/**' }]);
  t.same(none, {});
  t.same(Object.keys(agents), ['example']);
});

t.test('it names every key with its description', async (t) => {
  const flat = renderExample().replaceAll('\n# ', ' ');
  for (const { path: keyPath, description } of configKeys()) {
    t.match(uncommented, new RegExp(`^(\\[?|\\[\\[\\w+\\.)${keyPath.at(-1)}\\b`, 'm'), keyPath.join('.'));
    t.ok(flat.includes(description), description);
  }
});
