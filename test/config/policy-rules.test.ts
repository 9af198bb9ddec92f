import t from 'tap';
import { isAppError } from '../../src/contract/index.ts';
import { defaultConfig, diffConfig, parseConfig } from '../../src/foundation/config/index.ts';

const parse = (source: string) => parseConfig(source, '/daemon.toml');

/** Each problem on a line of its own, and the hint. */
function refusal(source: string): { message: string; hint: string | undefined } {
  try {
    parse(source);
  } catch (error) {
    if (isAppError(error, 'config_invalid')) return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error(`accepted: ${source}`);
}

const good = '[[policy.rules]]\ndecision = "allow"\ntool = "Read"\n';

t.test('rules keep their order, and one without a condition is allowed', async (t) => {
  t.same(parse(`${good}\n[[policy.rules]]\ndecision = "deny"\nreason = "no"\n`).policy, {
    ...defaultConfig().policy,
    rules: [
      { decision: 'allow', tool: 'Read' },
      { decision: 'deny', reason: 'no' },
    ],
  });
});

t.test('a mistake in a rule is named with its key, its line and the nearest spelling', async (t) => {
  const cases: [source: string, message: string, hint?: string][] = [
    [
      `${good}[[policy.rules]]\ndecision = "alow"\n`,
      `/daemon.toml:5:1: 'policy.rules[1].decision' is "alow": expected "allow", "deny" or "ask"`,
      'did you mean "allow"?',
    ],
    [
      `${good}[[policy.rules]]\ndecision = "deny"\n  paht = "x"\n`,
      "/daemon.toml:6:3: unknown key 'policy.rules[1].paht'",
      "did you mean 'policy.rules[1].path'?",
    ],
    [
      'policy = { rules = [{ decision = "deny", tol = "x" }] }\n',
      "/daemon.toml:1:42: unknown key 'policy.rules[0].tol'",
      "did you mean 'policy.rules[0].tool'?",
    ],
    [
      `${good}[[policy.rules]]\ntool = "x"\n`,
      `/daemon.toml:4:1: 'policy.rules[1].decision' is missing: expected "allow", "deny" or "ask"`,
    ],
    [`${good}path = 7\n`, "/daemon.toml:4:1: 'policy.rules[0].path' is 7: expected a string in quotes"],
    [
      `${good}agent = ""\n`,
      `/daemon.toml:4:1: 'policy.rules[0].agent' is "": expected a text that is not empty`,
    ],
    [
      `${good}path = "!src/**"\n`,
      `/daemon.toml:4:1: 'policy.rules[0].path' is "!src/**": expected a glob without a leading !; a rule for the rest comes after this one`,
    ],
    [
      `${good}path = "../x/**"\n`,
      `/daemon.toml:4:1: 'policy.rules[0].path' is "../x/**": expected a glob without ..; what lies outside the run’s folder is named by an absolute one`,
    ],
    [
      `${good}reason = "${'x'.repeat(501)}"\n`,
      `/daemon.toml:4:1: 'policy.rules[0].reason' is "${'x'.repeat(56)}...: expected at most 500 characters`,
    ],
    [
      '[policy.rules]\ndecision = "deny"\n',
      "/daemon.toml:1:1: 'policy.rules' is a table: expected tables that begin with [[policy.rules]]",
    ],
    [
      '[policy]\napproval_timeout = 5\n',
      "/daemon.toml:2:1: 'policy.approval_timeout' is 5: expected a string in quotes",
    ],
    [
      '[policy]\napproval_default = "alow"\n',
      `/daemon.toml:2:1: 'policy.approval_default' is "alow": expected "deny" or "allow"`,
      'did you mean "allow"?',
    ],
  ];
  for (const [source, message, hint = 'docs/config.md and config.example.toml list every key'] of cases) {
    t.same(refusal(source), { message, hint });
  }
});

t.test('changed rules are applied by a reload', async (t) => {
  t.same(diffConfig(defaultConfig(), parse(`[policy]\napproval_timeout = "1h"\n${good}`)), {
    applied: ['policy.approval_timeout', 'policy.rules'],
    needsRestart: [],
  });
});
