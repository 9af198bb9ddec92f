import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandResult } from '../../base/index.ts';

/** Whether an agent can talk to its model; `unknown` when it has no way to say. */
export type SignIn = 'in' | 'out' | 'unknown';

/** How an agent is asked whether somebody is signed in, without a request to its model. */
type Question = {
  readonly program: string;
  readonly args: readonly string[];
  /** Never shows what was said: it may name an account or a part of a key. */
  readonly read: (result: CommandResult) => SignIn;
  /** What signs in. */
  readonly command: string;
};

const byExit = ({ code }: CommandResult): SignIn => (code === 0 ? 'in' : code === 1 ? 'out' : 'unknown');

/** By the name of the agent. As seen with Claude Code 2.1, Codex 0.169 and OpenCode 1.18; cursor-agent as documented. */
export const questions: Readonly<Record<string, Question>> = {
  claude: {
    program: 'claude',
    args: ['auth', 'status'],
    read: (result) => {
      const said = /"loggedIn":\s*(true|false)/.exec(result.stdout.toString());
      return said === null ? 'unknown' : said[1] === 'true' ? 'in' : 'out';
    },
    command: 'claude auth login',
  },
  codex: { program: 'codex', args: ['login', 'status'], read: byExit, command: 'codex login' },
  opencode: {
    program: 'opencode',
    args: ['auth', 'list'],
    read: ({ code, stdout }) => {
      if (code !== 0) return 'unknown';
      const counts = [...stdout.toString().matchAll(/(\d+) (?:credentials?|environment variables?)/g)];
      if (counts.length === 0) return 'unknown';
      return counts.some(([, count]) => Number(count) > 0) ? 'in' : 'out';
    },
    command: 'opencode auth login',
  },
  cursor: {
    program: 'cursor-agent',
    args: ['status'],
    read: ({ stdout, stderr }) => {
      const said = `${stdout}${stderr}`;
      if (/not (logged|signed) in|not authenticated/i.test(said)) return 'out';
      return /(logged|signed) in|authenticated/i.test(said) ? 'in' : 'unknown';
    },
    command: 'cursor-agent login',
  },
};

/** Gemini CLI has no command that says it; what it looks for itself is told by the last line it says without it. */
export function geminiSignIn(env: Readonly<Record<string, string>>): SignIn {
  const names = ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENAI_USE_VERTEXAI', 'GOOGLE_GENAI_USE_GCA'];
  if (names.some((name) => env[name])) return 'in';
  const folder = join(env.HOME ?? '/', '.gemini');
  const text = readStart(join(folder, 'settings.json'));
  return /"selectedType"/.test(text) || readStart(join(folder, '.env')) !== '' ? 'in' : 'out';
}

/** What an agent's own variables begin with: where a key or a folder may be named. */
export const variablesOf: Readonly<Record<string, RegExp>> = {
  claude: /^(ANTHROPIC_|CLAUDE_|AWS_|GOOGLE_)/,
  codex: /^(CODEX_|OPENAI_|AZURE_OPENAI_)/,
  opencode: /^(OPENCODE_|ANTHROPIC_|OPENAI_|OPENROUTER_|GEMINI_|GOOGLE_|MISTRAL_|DEEPSEEK_|GROQ_|XAI_|XDG_)/,
  gemini: /^(GEMINI_|GOOGLE_)/,
  cursor: /^(CURSOR_)/,
};

function readStart(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(0, 100_000);
  } catch {
    return ''; // not there: nobody signed in this way
  }
}
