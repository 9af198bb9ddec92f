import { realAgentCases } from '../support/real-agent-cases.ts';
import { planCases } from '../support/real-agent-plans.ts';
import { talkCases } from '../support/real-agent-talk.ts';

await realAgentCases('claude', { ...talkCases, ...planCases });
