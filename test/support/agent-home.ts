/** A home for real agents in which nobody is signed in, and whose model is the loopback's. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Makes it: Claude Code has its provider in its environment, the others have files. */
export function prepareAgentHome(home: string, modelUrl: string): void {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  };
  write('.codex/config.toml', codexConfig(modelUrl));
  write('.gemini/settings.json', JSON.stringify(geminiSettings));
  write('.qwen/settings.json', JSON.stringify({ security: { auth: { selectedType: 'openai' } } }));
  write('.config/opencode/opencode.json', JSON.stringify(opencodeConfig(modelUrl)));
}

/** The environment of an agent in that home. The key is long, because some agents blot it out wherever they see it. */
export function agentEnvironmentFor(home: string, modelUrl: string): Record<string, string> {
  const key = 'loopback-key-0000';
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    LANG: 'C.UTF-8',
    ANTHROPIC_BASE_URL: modelUrl,
    ANTHROPIC_API_KEY: key,
    OPENAI_API_KEY: key,
    OPENAI_BASE_URL: `${modelUrl}/v1`,
    OPENAI_MODEL: 'fake-model',
    GEMINI_API_KEY: key,
    GOOGLE_GEMINI_BASE_URL: modelUrl,
    GEMINI_MODEL: 'gemini-2.5-flash',
    COPILOT_OFFLINE: 'true',
    COPILOT_PROVIDER_BASE_URL: `${modelUrl}/v1`,
    COPILOT_PROVIDER_API_KEY: key,
    COPILOT_MODEL: 'fake-model',
    COPILOT_AUTO_UPDATE: 'false',
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
  };
}

function codexConfig(modelUrl: string): string {
  const lines = [
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
  return `${lines.join('\n')}\n`;
}

const geminiSettings = {
  security: { auth: { selectedType: 'gemini-api-key' } },
  general: { enableAutoUpdate: false, maxAttempts: 1 },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
};

/** Without `permission` OpenCode would edit without asking. */
function opencodeConfig(modelUrl: string) {
  const model = { name: 'Fake', limit: { context: 100_000, output: 8000 } };
  return {
    autoupdate: false,
    share: 'disabled',
    model: 'loopback/fake-model',
    small_model: 'loopback/fake-model',
    provider: {
      loopback: {
        npm: '@ai-sdk/openai-compatible',
        options: { baseURL: `${modelUrl}/v1`, apiKey: 'loopback-key-0000' },
        models: { 'fake-model': model },
      },
    },
    permission: { edit: 'ask', bash: 'ask' },
  };
}
