/** What the guard knows of a request: its head, as it came, and where it came in. */
export type RequestHead = {
  readonly transport: 'socket' | 'tcp';
  readonly method: string;
  /** The request target as sent, not normalised. */
  readonly url: string;
  /** Name, value, name, value…, as sent, repeated ones included. */
  readonly rawHeaders: readonly string[];
};

type Index = ReadonlyMap<string, readonly string[]>;
const index = Symbol('index');
const none: readonly string[] = [];

/** Every value of the header `name` (lower case), in order. The guard asks for a dozen names: one pass answers all. */
export function headerValues(head: RequestHead, name: string): readonly string[] {
  const indexed = head as RequestHead & { [index]?: Index };
  indexed[index] ??= indexOf(head.rawHeaders);
  return indexed[index].get(name) ?? none;
}

function indexOf(rawHeaders: readonly string[]): Index {
  const found = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const values = found.get(name);
    if (values === undefined) found.set(name, [rawHeaders[at + 1] ?? '']);
    else values.push(rawHeaders[at + 1] ?? '');
  }
  return found;
}
