import { realAgentCases } from '../support/real-agent-cases.ts';
import { unattendedCases } from '../support/unattended-cases.ts';

await realAgentCases('codex', unattendedCases);
