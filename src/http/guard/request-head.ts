/** What the guard knows of a request: its head, as it came, and where it came in. */
export type RequestHead = {
  readonly transport: 'socket' | 'tcp';
  readonly method: string;
  /** The request target as sent, not normalised. */
  readonly url: string;
  /** Name, value, name, value…, as sent, repeated ones included. */
  readonly rawHeaders: readonly string[];
};

/** Every value of the header `name` (lower case), in order. */
export function headerValues(head: Pick<RequestHead, 'rawHeaders'>, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < head.rawHeaders.length; index += 2) {
    if (head.rawHeaders[index]?.toLowerCase() === name) values.push(head.rawHeaders[index + 1] ?? '');
  }
  return values;
}
