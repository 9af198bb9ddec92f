/** Of what the commands wrote, so much is read; the log of the run has all of it. */
export const maxReadBytes = 2 ** 28;
export const maxKeptChars = 8000;
/** Enough for so many characters, whatever they are. */
const maxTailBytes = 4 * maxKeptChars;
/** Of stderr, whose last lines are ours. */
const maxEndsBytes = 2 ** 20;
const outOfReach = '(it is further back than what is read; the log of the run has it)';

/** What became of one command; no exit code: it has not ended. */
export type Result = {
  readonly command: string;
  readonly exitCode: number | null;
  readonly output: string;
};

type End = { readonly code: number; readonly digits: string };

/** Tells what each command wrote and came to, from what the script has written. */
export async function resultsOf(
  commands: readonly string[],
  { mark, stdout, stderr }: { mark: string; stdout: AsyncIterable<Buffer>; stderr: AsyncIterable<Buffer> },
): Promise<readonly Result[]> {
  const ends = endsIn(await lastOf(stderr), mark);
  const order = new Map([...ends].map(([index, { digits }]) => [digits, index]));
  const { tails, rest } = await tailsOf(stdout, { mark, order });
  const unended = commands.findIndex((_, index) => !ends.has(index));
  return commands.map((command, index) => ({
    command,
    exitCode: ends.get(index)?.code ?? null,
    output: tails.get(index) ?? (index === unended ? rest : ends.has(index) ? outOfReach : ''),
  }));
}

/** The first end that is told of each command: what comes after it is not the script's. */
function endsIn(text: string, mark: string): ReadonlyMap<number, End> {
  const ends = new Map<number, End>();
  for (const [, index, code, digits = ''] of text.matchAll(
    new RegExp(`^${mark} (\\d+) (\\d+) ([0-9a-f]*)$`, 'gm'),
  )) {
    if (!ends.has(Number(index))) ends.set(Number(index), { code: Number(code), digits });
  }
  return ends;
}

async function lastOf(pieces: AsyncIterable<Buffer>): Promise<string> {
  let last = Buffer.alloc(0);
  for await (const piece of pieces) last = Buffer.concat([last, piece]).subarray(-maxEndsBytes);
  return last.toString('latin1');
}

/**
 * The end of what stands before each mark, and of what stands behind the last one, in the memory of a few of its pieces,
 * which may be cut anywhere.
 */
export async function tailsOf(
  pieces: AsyncIterable<Buffer>,
  {
    mark,
    order,
    maxBytes = maxReadBytes,
  }: { readonly mark: string; readonly order: ReadonlyMap<string, number>; readonly maxBytes?: number },
): Promise<{ readonly tails: ReadonlyMap<number, string>; readonly rest: string }> {
  const tails = new Map<number, string>();
  const begin = `\n${mark} `;
  const line = new RegExp(`${begin}([0-9a-f]+)(?=\n)`, 'g');
  const keptBytes = maxTailBytes + begin.length + 64;
  let held = Buffer.alloc(0);
  let read = 0;
  for await (const piece of pieces) {
    held = Buffer.concat([held, piece]);
    let from = 0;
    // One character for each byte, so that places in the text are places in the bytes.
    const marked = held.includes(begin) ? held.toString('latin1') : '';
    for (const { 0: whole, 1: digits = '', index: at } of marked.matchAll(line)) {
      const index = order.get(digits);
      if (index === undefined || tails.has(index)) continue; // somebody repeats what was said
      tails.set(index, textOf(held.subarray(from, at)));
      from = at + whole.length;
    }
    held = held.subarray(Math.max(from, held.length - keptBytes));
    read += piece.length;
    if (read >= maxBytes) break;
  }
  return { tails, rest: textOf(held) };
}

function textOf(bytes: Buffer): string {
  return bytes.subarray(-maxTailBytes).toString('utf8').trim().slice(-maxKeptChars);
}
