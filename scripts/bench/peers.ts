/** The programs that drover is measured beside, fetched into the lab when they are not on this machine. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Lab } from './lab.ts';

/** A peer, or the reason why there is none. */
export type Peer<T> = T | { readonly missing: string };

export type Pm2 = { readonly command: Command; readonly env: NodeJS.ProcessEnv; readonly pidFile: string };
export type Supervisor = {
  readonly daemon: Command;
  readonly control: Command;
  readonly env: NodeJS.ProcessEnv;
  readonly socket: string;
};

/** pm2 from npm, with a home of its own; its daemon is killed with the lab. */
export async function getPm2(lab: Lab): Promise<Peer<Pm2>> {
  const folder = join(lab.folder, 'pm2');
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{}');
    const npm: Command = ['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', 'pm2'];
    await lab.run(npm, { cwd: folder, env: { ...process.env } });
  } catch (error) {
    return missing(error);
  }
  const home = lab.makeFolder();
  const env = { ...lab.env, PM2_HOME: home };
  const command: Command = [lab.node, join(folder, 'node_modules', 'pm2', 'bin', 'pm2')];
  lab.onClose(() => lab.run([...command, 'kill'], { env }));
  return { command, env, pidFile: join(home, 'pm2.pid') };
}

/** supervisord and supervisorctl from Debian's package, unpacked but not installed. */
export async function getSupervisor(lab: Lab): Promise<Peer<Supervisor>> {
  try {
    const root = await unpackDebian(lab, 'supervisor');
    const home = lab.makeFolder();
    const socket = join(home, 's');
    const config = join(home, 'supervisord.conf');
    writeFileSync(
      config,
      [
        `[unix_http_server]\nfile=${socket}`,
        `[supervisord]\nnodaemon=true\nlogfile=${home}/log\npidfile=${home}/pid\nchildlogdir=${home}`,
        '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface',
        `[supervisorctl]\nserverurl=unix://${socket}\n`,
      ].join('\n'),
    );
    const env = { ...lab.env, PYTHONPATH: join(root, 'usr/lib/python3/dist-packages') };
    const program = (name: string): Command => [
      ...(['/usr/bin/python3', join(root, 'usr/bin', name)] as const),
      ...['-c', config],
    ];
    await lab.run(['/usr/bin/python3', join(root, 'usr/bin/supervisord'), '--version'], { env });
    return { daemon: program('supervisord'), control: program('supervisorctl'), env, socket };
  } catch (error) {
    return missing(error);
  }
}

/** hyperfine, from this machine or unpacked from Debian's package. */
export async function getHyperfine(lab: Lab): Promise<Peer<{ readonly path: string }>> {
  try {
    await lab.run(['hyperfine', '--version']);
    return { path: 'hyperfine' };
  } catch {
    // not here: fetched below
  }
  try {
    return { path: join(await unpackDebian(lab, 'hyperfine'), 'usr/bin/hyperfine') };
  } catch (error) {
    return missing(error);
  }
}

async function unpackDebian(lab: Lab, name: string): Promise<string> {
  const folder = lab.makeFolder();
  await lab.run(['apt-get', 'download', name], { cwd: folder });
  await lab.run(['sh', '-c', 'dpkg-deb -x ./*.deb root'], { cwd: folder });
  return join(folder, 'root');
}

function missing(error: unknown): { missing: string } {
  const text = error instanceof Error ? error.message : String(error);
  return { missing: text.split('\n')[0] ?? text };
}
