import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ulid } from 'ulid';
import { formatSignalName, parseSignalName, type SignalName } from '../../src/domain/signals/index.ts';
import type { Random } from './random.ts';

/** What may lie in a signal folder, and what has to come of it. */
export const signalKinds = {
  valid: 'claimed',
  'valid, at the limit': 'claimed',
  'left in processing': 'claimed',
  'bad name': 'failed',
  'no UTF-8 name': 'failed',
  'mutated name': 'failed',
  'long name': 'failed',
  link: 'failed',
  'hard link': 'failed',
  folder: 'failed',
  fifo: 'failed',
  socket: 'failed',
  device: 'failed',
  large: 'failed',
  'no UTF-8 text': 'failed',
  'bad name in processing': 'failed',
  'link in processing': 'failed',
  'folder in processing': 'failed',
  dotfile: 'ignored',
  staged: 'ignored',
} as const;
export type SignalKind = keyof typeof signalKinds;

export type LaidItem = { readonly kind: SignalKind; readonly name: Buffer; readonly body: string };

/** Where things are laid: `outside` holds what no signal may reach, `short` is a folder with a short path for sockets. */
export type LayPlace = { readonly signals: string; readonly outside: string; readonly short: string };

const edgeBytes = 256 * 1024;
const forms = [
  'planner_finished',
  'implement_finished',
  'review_approved',
  'verify_failed',
  'needs_decision',
] as const;

/** A maker of items: of random kinds, each under a name that none had before. */
export function createLayer(random: Random, place: LayPlace) {
  const { signals, outside, short } = place;
  const used = new Set<string>();
  const isRoot = process.getuid?.() === 0;
  const kinds = (Object.keys(signalKinds) as SignalKind[]).filter((kind) => isRoot || kind !== 'device');
  const at = (folder: string, name: Buffer) =>
    Buffer.concat([Buffer.from(`${join(signals, folder)}/`), name]);

  const fresh = (make: () => Buffer): Buffer => {
    for (;;) {
      const name = make();
      const key = name.toString('latin1');
      if (used.has(key)) continue;
      used.add(key);
      return name;
    }
  };
  const good = () => fresh(() => Buffer.from(formatSignalName(randomSignal(random))));
  const isSignal = (name: Buffer) => parseSignalName(name.toString()) !== null;
  /** A name that a file system takes, that is no dotfile, no folder of ours and no signal. */
  const bad = (make: () => Buffer) =>
    fresh(() => {
      for (;;) {
        const name = make();
        const text = name.toString('latin1');
        const isTaken = /^(\.|staging$|processing$|failed$)/.test(text) || isSignal(name);
        if (name.length > 0 && name.length <= 255 && !/[/\0]/.test(text) && !isTaken) return name;
      }
    });
  const anyName = () => (random.below(3) === 0 ? bad(() => randomText(random, 60)) : good());
  const claimed = (name: Buffer) => Buffer.from(`${ulid(random.below(2 ** 40))}~${name}`);

  /** One of some that were made by one process, which is what takes long about them. */
  const stock: Record<'fifo' | 'device', string[]> = { fifo: [], device: [] };
  const special = (kind: 'fifo' | 'device'): string => {
    const ready = stock[kind].pop();
    if (ready !== undefined) return ready;
    const folder = mkdtempSync(join(short, kind));
    const make = { fifo: 'mkfifo "$1/$i"', device: 'mknod "$1/$i" c 1 5' }[kind];
    execFileSync('sh', ['-c', `for i in 1 2 3 4 5 6 7 8; do ${make} || exit 1; done`, 'sh', folder]);
    stock[kind] = readdirSync(folder).map((name) => join(folder, name));
    return special(kind);
  };

  const makers: Record<SignalKind, () => Promise<LaidItem> | LaidItem> = {
    valid: () => file('valid', good(), randomText(random, 2000).toString()),
    'valid, at the limit': () => file('valid, at the limit', good(), 'x'.repeat(edgeBytes - random.below(2))),
    'left in processing': () => {
      const name = claimed(good());
      return file('left in processing', name, 'left', 'processing');
    },
    'bad name': () =>
      file(
        'bad name',
        bad(() => randomText(random, 80)),
      ),
    'no UTF-8 name': () =>
      file(
        'no UTF-8 name',
        bad(() => Buffer.concat([randomBytes(random, 40), Buffer.from([0xff])])),
      ),
    'mutated name': () =>
      file(
        'mutated name',
        bad(() => mutate(random, good())),
      ),
    'long name': () =>
      file(
        'long name',
        bad(() => Buffer.alloc(200 + random.below(56), randomText(random, 5))),
      ),
    link: () => link('link', anyName(), ''),
    'hard link': () => {
      const name = anyName();
      linkSync(join(outside, 'secret'), at('', name));
      return { kind: 'hard link', name, body: '' };
    },
    folder: () => folder('folder', anyName(), ''),
    fifo: () => {
      const name = anyName();
      renameSync(special('fifo'), at('', name));
      return { kind: 'fifo', name, body: '' };
    },
    socket: async () => {
      const name = anyName();
      const server = createServer().listen(join(short, 's'));
      await new Promise((resolve) => server.once('listening', resolve));
      renameSync(join(short, 's'), at('', name));
      await new Promise((resolve) => server.close(resolve));
      return { kind: 'socket', name, body: '' };
    },
    device: () => {
      const name = anyName();
      renameSync(special('device'), at('', name));
      return { kind: 'device', name, body: '' };
    },
    large: () => {
      const item = file('large', good());
      truncateSync(at('', item.name), edgeBytes + 1 + random.below(random.pick([2, 1000, 3 * 2 ** 30])));
      return item;
    },
    'no UTF-8 text': () =>
      file('no UTF-8 text', good(), Buffer.concat([randomBytes(random, 100), Buffer.from([0xc0])])),
    'bad name in processing': () => {
      const name = bad(() =>
        random.pick([randomText(random, 60), Buffer.concat([claimed(good()), Buffer.from([0xfe])])]),
      );
      return file('bad name in processing', name, '', 'processing');
    },
    'link in processing': () => link('link in processing', claimed(good()), 'processing'),
    'folder in processing': () => folder('folder in processing', claimed(good()), 'processing'),
    dotfile: () =>
      file(
        'dotfile',
        fresh(() => Buffer.concat([Buffer.from('.x'), good()])),
      ),
    staged: () => file('staged', good(), '', 'staging'),
  };

  function file(kind: SignalKind, name: Buffer, body: string | Buffer = '', folder = ''): LaidItem {
    writeFileSync(at(folder, name), body);
    return { kind, name, body: body.toString() };
  }
  function link(kind: SignalKind, name: Buffer, into: string): LaidItem {
    const targets = [
      join(outside, 'secret'),
      outside,
      '/dev/zero',
      '/proc/self/root',
      'nowhere',
      '.',
      name.toString(),
    ];
    symlinkSync(random.pick(targets), at(into, name));
    return { kind, name, body: '' };
  }
  function folder(kind: SignalKind, name: Buffer, into: string): LaidItem {
    mkdirSync(at(into, name));
    const inside = (path: string) => Buffer.concat([at(into, name), Buffer.from(`/${path}`)]);
    if (random.below(2) === 0) {
      writeFileSync(inside('file'), '');
      symlinkSync(outside, inside('link'));
    }
    return { kind, name, body: '' };
  }

  for (const path of ['staging', 'processing']) mkdirSync(join(signals, path), { recursive: true });
  return {
    lay: async (count: number): Promise<readonly LaidItem[]> => {
      const laid: LaidItem[] = [];
      for (let index = 0; index < count; index += 1) laid.push(await makers[random.pick(kinds)]());
      return laid;
    },
    remove: () => rmSync(signals, { recursive: true }),
  };
}

function randomSignal(random: Random): SignalName {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  const middle = `${letters}${letters}._-`;
  const many = (from: string, count: number) =>
    Array.from({ length: count }, () => from[random.below(from.length)]).join('');
  const plan = random.pick([
    `${many(letters, 1)}${many(middle, random.below(63))}${many(letters, 1)}`,
    `wave-${random.below(20)}-${many(letters, 6)}`,
    `w1-t1-${many(letters, 6)}`,
    `${many(letters, 6)}.reason`,
  ]);
  const number = () => 1 + random.below(random.pick([9, 9999]));
  return random.pick<() => SignalName>([
    () => ({ event: random.pick(forms), plan, wave: null, task: null }),
    () => ({ event: 'wave_start', plan, wave: number(), task: null }),
    () => ({ event: 'task_finished', plan, wave: number(), task: number() }),
  ])();
}

/** Text of a kind that is unpleasant in names. */
function randomText(random: Random, maxPieces: number): Buffer {
  const pieces = [
    '~',
    '\n',
    '\r',
    '\t',
    '\x1b[31m',
    '..',
    '\\',
    '%2f',
    ' ',
    '-',
    'ä',
    '\u202e',
    '🙂',
    'A',
    '.reason',
    "'",
  ];
  const count = 1 + random.below(maxPieces);
  return Buffer.from(Array.from({ length: count }, () => random.pick(pieces)).join(''));
}

function randomBytes(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: 1 + random.below(most) }, () => 1 + random.below(255)));
}

/** A name with one byte more, less or other. */
function mutate(random: Random, name: Buffer): Buffer {
  const at = random.below(name.length);
  const byte = Buffer.from([random.pick([0x20, 0x0a, 0x7e, 0x2d, 0x30, 0x41, 0x5f, 1 + random.below(255)])]);
  const [before, after] = [name.subarray(0, at), name.subarray(at + random.below(2))];
  return random.below(3) === 0
    ? Buffer.concat([before, name.subarray(at + 1)])
    : Buffer.concat([before, byte, after]);
}
