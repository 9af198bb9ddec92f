import { realAgentCases } from '../support/real-agent-cases.ts';
import { talkCases } from '../support/real-agent-talk.ts';
import { unattendedCases } from '../support/unattended-cases.ts';

await realAgentCases('codex', { ...talkCases, ...unattendedCases });
