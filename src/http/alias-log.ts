/** The most of a log that goes into one answer: its end. */
export const maxLogBytes = 4 * 2 ** 20;

/** A log in an envelope, as one page wants it: the whole of it, or as much of its end as one answer may hold. */
export async function logEnvelope(log: Response, type: string): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let heldBytes = 0;
  let bytes = 0;
  for await (const chunk of log.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    heldBytes += chunk.length;
    while (heldBytes - (chunks[0]?.length ?? 0) >= maxLogBytes) heldBytes -= chunks.shift()?.length ?? 0;
  }
  const content = Buffer.concat(chunks).subarray(-maxLogBytes).toString('utf8');
  return Response.json({ data: { type, content, truncated: bytes > maxLogBytes } });
}
