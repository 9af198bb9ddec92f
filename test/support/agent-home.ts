/** A home for real agents in which nobody is signed in, and whose model is the loopback's. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes it: Codex has its provider in a file, Claude Code in its environment. */
export function prepareAgentHome(home: string, modelUrl: string): void {
  mkdirSync(join(home, '.codex'), { recursive: true });
  const provider = [
    'model = "fake-model"',
    'model_provider = "loopback"',
    '[model_providers.loopback]',
    'name = "loopback"',
    `base_url = "${modelUrl}/v1"`,
    'wire_api = "responses"',
    'env_key = "OPENAI_API_KEY"',
    'request_max_retries = 1',
    'stream_max_retries = 1',
  ];
  writeFileSync(join(home, '.codex/config.toml'), `${provider.join('\n')}\n`);
}

/** The environment of an agent in that home. */
export function agentEnvironmentFor(home: string, modelUrl: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    LANG: 'C.UTF-8',
    ANTHROPIC_BASE_URL: modelUrl,
    ANTHROPIC_API_KEY: 'none',
    OPENAI_API_KEY: 'none',
  };
}
