import { globSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../../src/contract/index.ts';
import type { AgentCli } from './agent-clis.ts';

/** In what agents differ that do the same things. */
export type Traits = {
  readonly runtime: Run['runtime'];
  /** What the first case costs, as the agent tells it. */
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number } | null;
  /** Its turn is over when something is denied. */
  readonly endsWhenDenied?: boolean;
  /** It asks its model for more than the run is about, with tools. */
  readonly asksBesides?: boolean;
  /** It finds a session again only in the folder where that began. */
  readonly sessionsStay?: boolean;
  /** Makes sessions older. */
  readonly ageSessions?: (home: string) => void;
  /** A session that it does not know, where its ids are of a form of its own. */
  readonly lostSession?: string;
  /** Cases that it cannot pass, and why. */
  readonly cannot?: Readonly<Record<string, string>>;
};

const asksNobody = 'it works in its sandbox and asks nobody';
const triesAgain = 'it tries again until it is let in, and tells nobody';
const retries = { 'says that its provider refuses for now': triesAgain };
const noTraps = {
  'runs nothing of a repository before it is trusted': 'none of the traps is one of its own',
};
const threeAnswers = { input_tokens: 360, output_tokens: 21 };
/** What a test must know of each. */
export const traitsOf: Readonly<Record<AgentCli, Traits>> = {
  claude: { runtime: 'claude', usage: threeAnswers },
  codex: { runtime: 'codex', usage: threeAnswers },
  gemini: {
    runtime: 'acp',
    usage: threeAnswers,
    sessionsStay: true,
    ageSessions: ageGeminiSessions,
  },
  opencode: {
    runtime: 'acp',
    usage: { input_tokens: 120, output_tokens: 7 }, // of its last answer alone
    endsWhenDenied: true,
    lostSession: 'ses_01999999aaaa4bbb8ccc123456',
    cannot: retries,
  },
  'claude-acp': { runtime: 'acp', usage: threeAnswers, asksBesides: true },
  'codex-acp': {
    runtime: 'acp',
    usage: threeAnswers,
    cannot: {
      'edits a file once a person allows it, and not what a person denies': asksNobody,
      'is answered after the daemon was killed, and finishes': asksNobody,
      ...retries,
      'runs nothing of a repository before it is trusted': 'it trusts each folder by itself',
    },
  },
  qwen: {
    runtime: 'acp',
    usage: null,
    endsWhenDenied: true,
    asksBesides: true,
    cannot: { ...noTraps, ...retries },
  },
  copilot: {
    runtime: 'acp',
    usage: { input_tokens: 240, output_tokens: 14 },
    endsWhenDenied: true,
    cannot: { ...noTraps, ...retries },
  },
};

/** Gemini CLI begins a session anew that is loaded in the minute by which its file is named: so that becomes an earlier one. */
function ageGeminiSessions(home: string): void {
  for (const path of globSync(join(home, '.gemini/tmp/*/chats/session-*'))) {
    renameSync(path, path.replace(/session-\d{4}/, 'session-2025'));
  }
}
