import { runCommand } from '../../base/index.ts';

/** Hands assignments such as `READY=1` to the manager. Rejects when that cannot be done. */
export type Send = (assignments: readonly string[]) => Promise<void>;

/** The program waits until the manager has read the message, which takes milliseconds. */
const sendTimeoutMs = 10_000;
/** Where it is when PATH, which was written down for agents, does not lead to it. */
const usualPath = '/usr/local/bin:/usr/bin:/bin:/run/current-system/sw/bin';

/**
 * Sends by `systemd-notify`, because Node.js has no datagram sockets of the Unix kind. It is started before the returned
 * function returns, so that the message leaves even if the event loop is held up after that.
 */
export function createSend(socket: string, pid: number, path: string | undefined): Send {
  const env = { PATH: [path, usualPath].filter(Boolean).join(':'), NOTIFY_SOCKET: socket, LC_ALL: 'C' };
  return async (assignments) => {
    const { code, stderr } = await runCommand('systemd-notify', [`--pid=${pid}`, ...assignments], {
      env,
      timeoutMs: sendTimeoutMs,
      maxOutputBytes: 4096,
    });
    if (code !== 0) throw new Error(`systemd-notify ended with ${code}: ${stderr.toString('utf8').trim()}`);
  };
}
