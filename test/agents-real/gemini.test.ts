import { realAgentCases } from '../support/real-agent-cases.ts';

await realAgentCases('gemini');
