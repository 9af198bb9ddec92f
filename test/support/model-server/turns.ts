/** What the model does when an agent asks it next. Paths are inside the folder that the agent works in. */
export type Turn =
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly thought?: string;
      /** Said in this many pieces, with a pause between two. */
      readonly pieces?: number;
      readonly pauseMs?: number;
      /** After its first piece it says no more before this. */
      readonly until?: Promise<unknown>;
    }
  /** Writes a file with whatever tool the agent offers for that. */
  | { readonly kind: 'write'; readonly path: string; readonly content: string }
  /** Runs a command with whatever shell the agent offers. */
  | { readonly kind: 'shell'; readonly command: string }
  /** Calls a tool by its own name. */
  | { readonly kind: 'tool'; readonly name: string; readonly input: Readonly<Record<string, unknown>> }
  /** Answers with an error: 429 with the headers of a limit that resets, 529, 500. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly message: string;
      readonly headers?: Readonly<Record<string, string>>;
      /** Said with the error, beside its message: what an account's own limit says of itself. */
      readonly details?: Readonly<Record<string, unknown>>;
    }
  /** Begins to answer and never ends. */
  | { readonly kind: 'hang'; readonly text?: string };

/** A call of a tool, in the agent's own words. */
export type ToolCall = {
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
};

/** A turn as it is said: the tool is one that the agent offers. */
export type Said =
  | {
      readonly kind: 'text';
      readonly pieces: readonly string[];
      readonly thought: string | null;
      readonly pauseMs: number;
      readonly until: Promise<unknown> | null;
    }
  | { readonly kind: 'call'; readonly call: ToolCall; readonly isFreeform: boolean }
  | Extract<Turn, { kind: 'error' }>
  | { readonly kind: 'hang'; readonly text: string };

/** What the model counts in every answer. */
export const usage = { input: 120, output: 7 } as const;

/** Cuts a text in about equal pieces. */
export function cutText(text: string, count: number): string[] {
  const size = Math.max(1, Math.ceil(text.length / count));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );
}
