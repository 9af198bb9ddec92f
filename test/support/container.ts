/**
 * The Dockerfile carried out without an engine: the files of its last stage in a folder, and containers of that folder
 * in mount and process namespaces of their own, under its user, with its environment. Needs root.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../src/base/index.ts';
import { carryOutCopy, copyContext, pairsOf, readDockerfile, type Stage } from './dockerfile.ts';
import { root } from './house.ts';
import { until } from './until.ts';

/** Why it cannot be done here, by name; false when it can. For tap's `skip`. */
export function containerSkip(): string | false {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root, to make namespaces and another user';
  for (const program of ['setpriv', 'nsenter', 'unshare'])
    if (!existsSync(`/usr/bin/${program}`)) return `needs the program ${program} (util-linux)`;
  if (!existsSync('/usr/bin/tini')) return 'needs the package tini';
  const made = spawnSync('unshare', ['--mount', '--pid', '--fork', '--mount-proc', 'true'], {
    timeout: 10_000,
  });
  return made.status === 0 ? false : 'needs leave to make namespaces (docker run --privileged)';
}

const path = '/opt/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What is built: its files, and what the Dockerfile says about running them. */
export type Image = {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly uid: number;
  readonly close: () => void;
};

/** Builds: context, COPY and the RUN lines that are npm's; `npm ci` is what made this checkout's node_modules. */
export async function buildImage(): Promise<Image> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-image-'));
  chmodSync(folder, 0o755);
  const [context, built, image] = ['context', 'build', 'image'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  copyContext(context);
  const { stages } = readDockerfile();
  const [build, last] = stages as [Stage, Stage];
  const workdir = build.steps.find(({ keyword }) => keyword === 'WORKDIR')?.words[0] ?? '/';
  for (const step of build.steps) {
    if (step.keyword === 'COPY') carryOutCopy(step, { source: context, image: built, workdir });
    if (step.keyword !== 'RUN') continue;
    const cwd = join(built, workdir);
    if (step.text === 'npm ci') symlinkSync(join(root, 'node_modules'), join(cwd, 'node_modules'));
    else await shell(step.text, cwd);
  }
  for (const step of last.steps.filter(({ keyword }) => keyword === 'COPY')) {
    carryOutCopy(step, { source: step.flags.from === undefined ? context : built, image, workdir: '/' });
  }
  const of = (keyword: string) => last.steps.filter((step) => step.keyword === keyword).at(-1)?.words ?? [];
  return {
    folder: image,
    env: { PATH: path, HOME: '/home/drover', ...pairsOf(last.steps, 'ENV') },
    entrypoint: of('ENTRYPOINT'),
    command: of('CMD'),
    healthcheck: of('HEALTHCHECK'),
    uid: Number(pairsOf(last.steps, 'ARG').DROVER_UID),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function shell(line: string, cwd: string): Promise<void> {
  const env = { PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`, HOME: cwd };
  const result = await runCommand('sh', ['-c', line], { cwd, env, timeoutMs: 120_000 });
  if (result.code !== 0) throw new Error(`RUN ${line}: ${result.stderr.toString()}`);
}

/** A volume and what is mounted: outlives containers. */
export type Volume = { readonly folder: string; readonly secrets: string; readonly port: number };

/** Makes what containers share: the files of the image with `/etc`, an empty volume, no secret yet. */
export function makeVolume(image: Image, port: number): Volume {
  const folder = mkdtempSync(join(image.folder, 'volume-'));
  chmodSync(folder, 0o755);
  cpSync('/etc', join(folder, 'etc'), { recursive: true, verbatimSymlinks: true });
  cpSync(join(image.folder, 'etc'), join(folder, 'etc'), { recursive: true });
  const file = join(folder, 'etc/drover/daemon.toml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(':7717"', `:${port}"`));
  const passwd = join(folder, 'etc/passwd');
  writeFileSync(
    passwd,
    `${readFileSync(passwd, 'utf8')}drover:x:${image.uid}:${image.uid}::/home/drover:/bin/sh\n`,
  );
  for (const name of ['lib/drover', 'secrets']) mkdirSync(join(folder, name), { recursive: true });
  return { folder, secrets: join(folder, 'secrets'), port };
}

/** A started container. */
export type Container = {
  /** Resolves with the exit code of PID 1. */
  readonly ended: Promise<number | null>;
  readonly said: () => string;
  readonly signal: (name: NodeJS.Signals) => Promise<void>;
  /** As `docker exec`: another process in it, as its user. */
  readonly exec: (...argv: string[]) => Promise<{ code: number | null; out: string; err: string }>;
  /** States of its processes, as letters of /proc. */
  readonly states: () => Promise<string>;
};

/** Mounts what the image and the volume hold where the Dockerfile puts it, then becomes the program, as PID 1. */
const enter = `set -e
mount --bind "$VOLUME/etc" /etc
mount -t tmpfs -o mode=0755 tmpfs /opt
mkdir /opt/drover /opt/bin
mount --bind "$IMAGE/opt/drover" /opt/drover
touch /opt/bin/node
mount --bind "$NODE" /opt/bin/node
ln -s /opt/drover/main.js /opt/bin/drover
mount --bind "$VOLUME/lib" /var/lib
chown "$USER_ID:$USER_ID" /var/lib/drover
chmod 0700 /var/lib/drover
mount -t tmpfs -o mode=0755 tmpfs /home
install -d -o "$USER_ID" -g "$USER_ID" /home/drover
mount -t tmpfs -o mode=0755 tmpfs /run
install -d -m 0700 -o "$USER_ID" -g "$USER_ID" /run/drover
mkdir /run/secrets
mount --bind "$VOLUME/secrets" /run/secrets
cd /home/drover
exec "$@"
`;

/** Starts a container of an image on a volume; `entrypoint` and `command` replace those of the image. */
export function startContainer(
  image: Image,
  volume: Volume,
  {
    entrypoint = image.entrypoint,
    command = image.command,
  }: { entrypoint?: readonly string[]; command?: readonly string[] } = {},
): Container {
  const assignments = Object.entries(image.env).map(([name, value]) => `${name}=${value}`);
  const as = [
    'setpriv',
    `--reuid=${image.uid}`,
    `--regid=${image.uid}`,
    '--clear-groups',
    '--no-new-privs',
    '--inh-caps=-all',
    'env',
    '-i',
    ...assignments,
  ];
  const namespaces = [
    '--mount',
    '--propagation=private',
    '--pid',
    '--fork',
    '--mount-proc',
    '--kill-child=SIGKILL',
  ];
  const child = spawn('unshare', [...namespaces, 'sh', '-c', enter, 'sh', ...as, ...entrypoint, ...command], {
    env: {
      PATH: path,
      IMAGE: image.folder,
      VOLUME: volume.folder,
      NODE: process.execPath,
      USER_ID: String(image.uid),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const inside = async (argv: readonly string[]) => {
    const pid = await firstProcess(child);
    const into = [
      'nsenter',
      `--target=${pid}`,
      '--mount',
      '--pid',
      'sh',
      '-c',
      'cd /home/drover; exec "$@"',
      'sh',
    ];
    const [program = '', ...args] = [...into, ...argv];
    const result = await runCommand(program, args, { env: { PATH: path }, timeoutMs: 60_000 });
    return { code: result.code, out: result.stdout.toString(), err: result.stderr.toString() };
  };
  return {
    ended,
    said: () => said,
    signal: async (name) => void process.kill(await firstProcess(child), name),
    exec: (...argv) => inside([...as, ...argv]),
    states: async () => {
      const { out } = await inside(['sh', '-c', 'cat /proc/[0-9]*/stat 2>/dev/null']);
      return [...out.matchAll(/^\d+ \(.*\) (\w)/gm)].map(([, state]) => state).join('');
    },
  };
}

/** The host's number of the container's PID 1, once it has become the program. */
function firstProcess(child: ChildProcess): Promise<number> {
  return until('PID 1', () => {
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1').trim();
    if (children === '') return null;
    const name = readFileSync(`/proc/${children}/comm`, 'latin1').trim();
    return ['sh', 'unshare', 'setpriv', 'env', 'mount'].includes(name) ? null : Number(children);
  });
}
