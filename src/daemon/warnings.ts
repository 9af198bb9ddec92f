/** What is wrong at present and does not stop the daemon: the `warnings` of `status`. */
export type Warnings = {
  /** Sets or replaces the warning of this key, one sentence without a full stop. */
  readonly set: (key: string, text: string) => void;
  readonly clear: (key: string) => void;
  /** Makes the warnings whose key starts with `prefix` exactly these. */
  readonly replace: (prefix: string, warnings: ReadonlyMap<string, string>) => void;
  /** In the order in which they first appeared. */
  readonly list: () => string[];
};

/** Makes an empty set of warnings. Keys are `noun:id`, for example `repo:/home/me/gone`. */
export function createWarnings(): Warnings {
  const current = new Map<string, string>();
  return {
    set: (key, text) => void current.set(key, text),
    clear: (key) => void current.delete(key),
    replace: (prefix, warnings) => {
      for (const key of current.keys()) if (key.startsWith(prefix) && !warnings.has(key)) current.delete(key);
      for (const [key, text] of warnings) current.set(key, text);
    },
    list: () => [...current.values()],
  };
}
