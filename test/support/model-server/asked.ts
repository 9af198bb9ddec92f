import type { IncomingMessage } from 'node:http';

/** A request to the model, as far as every provider's is the same. */
export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly model: string | null;
  readonly isStream: boolean;
  /** The names of the tools that the agent offers. */
  readonly tools: readonly string[];
  /** The body as it came. */
  readonly text: string;
};

/** Reads a request whole. */
export async function readAsked(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const body = parse(text);
  const path = new URL(request.url ?? '/', 'http://model').pathname;
  return {
    method: request.method ?? 'GET',
    path,
    headers: request.headers,
    body,
    model: typeof body.model === 'string' ? body.model : (/models\/([^:/]+):/.exec(path)?.[1] ?? null),
    isStream: body.stream === true || path.includes('stream'),
    tools: toolNames(body.tools),
    text,
  };
}

/** The folder that the agent says it works in. */
export function folderOf({ text }: Asked): string {
  const found =
    /<cwd>([^<]+)<\/cwd>/.exec(text) ??
    /[Ww]orking directory:\s*(\/[^\s"\\<]+)/.exec(text) ??
    /working in the directory:?\s*(\/[^\s"\\<]+)/.exec(text) ??
    /Workspace Directories:\*\*\\n\s*- (\/[^\s"\\<]+)/.exec(text);
  return found?.[1] ?? '/nowhere';
}

/** Anthropic has names, OpenAI functions and types, Gemini lists of declarations. */
function toolNames(tools: unknown): string[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: Record<string, unknown>) => {
    if (Array.isArray(tool.functionDeclarations)) return toolNames(tool.functionDeclarations);
    const inner = tool.function as { readonly name?: unknown } | undefined;
    const name = tool.name ?? inner?.name ?? tool.type;
    return typeof name === 'string' ? [name] : [];
  });
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // a GET, or nonsense: there is nothing in it to answer
  }
}
