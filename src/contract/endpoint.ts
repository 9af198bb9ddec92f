/**
 * What stands in `<state>/daemon.json` (contract §2): how a client whose environment lacks XDG_RUNTIME_DIR (cron, ssh,
 * launchd) still finds the daemon, and who holds the instance lock.
 */
export type Endpoint = {
  readonly pid: number;
  /** As `base/process-identity` reads it; with `boot_id` it tells a reused pid. */
  readonly start_time: string;
  readonly boot_id: string;
  readonly instance_id: string;
  readonly version: string;
  readonly socket: string;
  /** HOST:PORT, null without TCP. */
  readonly address: string | null;
};

/** Parses the text of an endpoint file; null for anything that is not one. No schema, so that a client starts fast. */
export function parseEndpoint(text: string): Endpoint | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // torn by hand or foreign: as good as absent
  }
  if (typeof value !== 'object' || value === null) return null;
  const { pid, start_time, boot_id, instance_id, version, socket, address } = value as Record<
    string,
    unknown
  >;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null;
  if (typeof start_time !== 'string' || typeof boot_id !== 'string') return null;
  if (typeof instance_id !== 'string' || typeof version !== 'string' || typeof socket !== 'string')
    return null;
  if (typeof address !== 'string' && address !== null) return null;
  return { pid, start_time, boot_id, instance_id, version, socket, address };
}
