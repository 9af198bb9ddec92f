/** Plays the cases of one real agent, also of one that the suite leaves out: `node test/support/by-hand.ts NAME`. */
import { type AgentCli, agentPackages } from './agent-clis.ts';
import { realAgentCases } from './real-agent-cases.ts';

const [name = ''] = process.argv.slice(2);
if (!Object.hasOwn(agentPackages, name)) throw new Error(`One of ${Object.keys(agentPackages).join(', ')}`);
process.env.DROVER_TEST_FULL = '1';
await realAgentCases(name as AgentCli);
