/**
 * What an agent's process gets of the daemon's environment. An allow-list, because the daemon's own environment holds
 * things that are no agent's business (its service manager's sockets, other programs' tokens). What a repository's
 * tools need beyond it goes into `[agents.NAME] env`.
 *
 * Left out on purpose: GH_TOKEN, GITHUB_TOKEN and AWS_SECRET_ACCESS_KEY (they open more than a model), and the marks
 * that a coding agent leaves on its children when drover was started from inside one.
 */

/** Taken over by name. */
export const allowedNames: readonly string[] = [
  'HOME',
  'PATH',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_BEARER_TOKEN_BEDROCK',
  'DROVER_DEMO_PACE_MS',
];

/** Taken over by how the name begins: locale, XDG folders, and the settings and keys of model providers and agents. */
export const allowedPrefixes: readonly string[] = [
  'LC_',
  'XDG_',
  'ANTHROPIC_',
  'CLAUDE_',
  'OPENAI_',
  'AZURE_OPENAI_',
  'CODEX_',
  'GEMINI_',
  'GOOGLE_',
  'OPENCODE_',
  'GOOSE_',
  'COPILOT_',
  'QWEN_',
  'DASHSCOPE_',
  'CURSOR_',
  'KIMI_',
  'MOONSHOT_',
  'AUGMENT_',
  'CODEBUDDY_',
  'FACTORY_',
  'GROK_',
  'TRAE_',
  'OPENROUTER_',
  'MISTRAL_',
  'DEEPSEEK_',
  'GROQ_',
  'XAI_',
  'OLLAMA_',
];

/** Never taken over, not even from `[agents.NAME] env`: the daemon's own tie to its service manager, and its token. */
export const refusedNames: readonly string[] = [
  'NOTIFY_SOCKET',
  'JOURNAL_STREAM',
  'DROVER_TOKEN',
  'DROVER_TOKEN_FILE',
];
/** The same, by how the name begins. */
export const refusedPrefixes: readonly string[] = ['LISTEN_', 'WATCHDOG_'];

/** Marks of an agent on its children: taken over, they would make the next agent think that it runs inside another. */
const nestedMarks: readonly string[] = [
  'CLAUDE_CODE_ENTRYPOINT',
  'CLAUDE_CODE_SSE_PORT',
  'CODEX_SANDBOX',
  'CODEX_SANDBOX_NETWORK_DISABLED',
  'COPILOT_CLI',
  'QWEN_CODE',
  'GEMINI_CLI',
];

const fallbackPath = '/usr/local/bin:/usr/bin:/bin';

export type AgentEnvironment = {
  /** The daemon's environment. */
  readonly daemonEnv: Readonly<Record<string, string | undefined>>;
  /** Of `os.userInfo()`, for what a service manager or cron left out. */
  readonly user: { readonly username: string; readonly homedir: string; readonly shell: string | null };
  /** `[agents.NAME] env`: wins over what is taken over. */
  readonly agentEnv: Readonly<Record<string, string>>;
  readonly runId: string;
  readonly runToken: string;
  readonly profile: string;
  readonly socket: string;
  readonly stateRoot: string;
  /** Ports that are the run's while it lives. */
  readonly ports: { readonly base: number; readonly count: number } | null;
};

/** The whole environment of an agent's process. */
export function agentEnvironment(options: AgentEnvironment): Record<string, string> {
  const { daemonEnv, user, agentEnv } = options;
  const inherited = Object.entries(daemonEnv).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '' && isInherited(entry[0]),
  );
  const env: Record<string, string> = {
    PATH: fallbackPath,
    HOME: user.homedir,
    USER: user.username,
    LOGNAME: user.username,
    SHELL: user.shell ?? '/bin/sh',
    ...Object.fromEntries(inherited),
    TERM: 'dumb',
    ...agentEnv,
  };
  const { ports } = options;
  if (env.LANG === undefined && env.LC_ALL === undefined) env.LANG = 'C.UTF-8';
  for (const name of Object.keys(env)) if (isRefused(name)) delete env[name];
  return {
    ...env,
    DROVER_RUN_ID: options.runId,
    DROVER_RUN_TOKEN: options.runToken,
    DROVER_PROFILE: options.profile,
    DROVER_SOCKET: options.socket,
    DROVER_STATE_ROOT: options.stateRoot,
    ...(ports !== null && {
      DROVER_PORT_BASE: String(ports.base),
      DROVER_PORT_COUNT: String(ports.count),
    }),
  };
}

function isInherited(name: string): boolean {
  if (nestedMarks.includes(name)) return false;
  return allowedNames.includes(name) || allowedPrefixes.some((prefix) => name.startsWith(prefix));
}

function isRefused(name: string): boolean {
  return refusedNames.includes(name) || refusedPrefixes.some((prefix) => name.startsWith(prefix));
}
