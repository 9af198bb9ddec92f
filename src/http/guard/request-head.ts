/** What the guard knows of a request: its head, as it came, and where it came in. */
export type RequestHead = {
  readonly transport: 'socket' | 'tcp';
  readonly method: string;
  /** The request target as sent, not normalised. */
  readonly url: string;
  /** Name, value, name, value…, as sent, repeated ones included. */
  readonly rawHeaders: readonly string[];
};

const indexes = new WeakMap<readonly string[], ReadonlyMap<string, readonly string[]>>();
const none: readonly string[] = [];

/** Every value of the header `name` (lower case), in order. The guard asks for a dozen names: one pass answers all. */
export function headerValues(head: Pick<RequestHead, 'rawHeaders'>, name: string): readonly string[] {
  let index = indexes.get(head.rawHeaders);
  if (index === undefined) {
    index = indexOf(head.rawHeaders);
    indexes.set(head.rawHeaders, index);
  }
  return index.get(name) ?? none;
}

function indexOf(rawHeaders: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const values = index.get(name);
    if (values === undefined) index.set(name, [rawHeaders[at + 1] ?? '']);
    else values.push(rawHeaders[at + 1] ?? '');
  }
  return index;
}
