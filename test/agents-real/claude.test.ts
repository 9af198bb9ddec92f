import { realAgentCases } from '../support/real-agent-cases.ts';
import { talkCases } from '../support/real-agent-talk.ts';

await realAgentCases('claude', talkCases);
