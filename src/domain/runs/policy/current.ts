import { type Config, parseDurationMs } from '../../../contract/index.ts';
import type { Policy } from './judge.ts';
import { compileRules } from './rules.ts';

/** The policy as the configuration has it now, made anew when that has changed. `home` is what `~/` means in it. */
export function createPolicy(config: () => Pick<Config, 'policy' | 'agents'>, home: string): () => Policy {
  let made: { readonly from: unknown; readonly policy: Policy } | null = null;
  return () => {
    const from = config();
    if (made === null || made.from !== from) made = { from, policy: policyOf(from, home) };
    return made.policy;
  };
}

function policyOf({ policy, agents }: Pick<Config, 'policy' | 'agents'>, home: string): Policy {
  return {
    rules: compileRules(policy.rules, home),
    timeoutMsOf: (agent) => parseDurationMs(agents[agent]?.approval_timeout ?? policy.approval_timeout),
    fallback: policy.approval_default,
  };
}
