import { createHash } from 'node:crypto';
import { type HookConfig, hookEventTypes, hookIdentity } from '../../contract/index.ts';

/** A hook of the configuration, and what follows from that. */
export type Hook = {
  readonly config: HookConfig;
  /** The same as long as it goes to the same place with the same events, whatever else changes. */
  readonly key: string;
  /** Where it goes, as everybody may read it: the path of an address is often a secret. */
  readonly target: string;
  readonly types: ReadonlySet<string>;
};

const keyChars = 16;

/** Works it out. */
export function toHook(config: HookConfig): Hook {
  const { url, command = [], on } = config;
  return {
    config,
    key: createHash('sha256').update(hookIdentity(config)).digest('hex').slice(0, keyChars),
    target: url === undefined ? (command[0] ?? '') : new URL(url).origin,
    types: new Set(hookEventTypes(on)),
  };
}

/** How a hook is called towards a person; two may have the same target. */
export function nameOf({ target, key }: Hook): string {
  return `${target} (${key})`;
}
