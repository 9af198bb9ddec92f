import { globSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../../src/contract/index.ts';
import type { AgentCli } from './agent-clis.ts';

/** In what agents differ that do the same things. */
export type Traits = {
  readonly runtime: Run['runtime'];
  /** What the first case costs, as the agent tells it. */
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
  /** Its turn is over when something is denied. */
  readonly endsWhenDenied?: boolean;
  /** It finds a session again only in the folder where that began. */
  readonly sessionsStay?: boolean;
  /** Makes sessions older. */
  readonly ageSessions?: (home: string) => void;
  /** A session that it does not know, where its ids are of a form of its own. */
  readonly lostSession?: string;
  /** Cases that it cannot pass, and why. */
  readonly cannot?: Readonly<Record<string, string>>;
};

const threeAnswers = { input_tokens: 360, output_tokens: 21 };
/** What a test must know of each. */
export const traitsOf: Readonly<Record<AgentCli, Traits>> = {
  claude: { runtime: 'claude', usage: threeAnswers },
  codex: { runtime: 'codex', usage: threeAnswers },
  gemini: { runtime: 'acp', usage: threeAnswers, sessionsStay: true, ageSessions: ageGeminiSessions },
  opencode: {
    runtime: 'acp',
    usage: { input_tokens: 120, output_tokens: 7 }, // of its last answer alone
    endsWhenDenied: true,
    lostSession: 'ses_01999999aaaa4bbb8ccc123456',
    cannot: {
      'says that its provider refuses for now': 'OpenCode tries again until it is let in, and tells nobody',
    },
  },
};

/** Gemini CLI begins a session anew that is loaded in the minute by which its file is named: so that becomes an earlier one. */
function ageGeminiSessions(home: string): void {
  for (const path of globSync(join(home, '.gemini/tmp/*/chats/session-*'))) {
    renameSync(path, path.replace(/session-\d{4}/, 'session-2025'));
  }
}
