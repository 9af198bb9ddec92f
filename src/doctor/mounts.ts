import { readFileSync } from 'node:fs';

/** Where a path lies, as the kernel tells. */
export type Mount = { readonly point: string; readonly type: string; readonly isReadOnly: boolean };

/** The mount that `path` lies on; null where the system has no such list (macOS). */
export function mountOf(proc: string, path: string): Mount | null {
  let text: string;
  try {
    text = readFileSync(`${proc}/self/mountinfo`, 'utf8');
  } catch {
    return null;
  }
  let best: Mount | null = null;
  for (const line of text.split('\n')) {
    // 36 35 98:0 /root /point ro,noatime master:1 - ext4 /dev/sda1 rw (proc(5))
    const [left = '', right = ''] = line.split(' - ');
    const [, , , , rawPoint, options = ''] = left.split(' ');
    const [type = '', , superOptions = ''] = right.split(' ');
    if (rawPoint === undefined) continue;
    const point = rawPoint.replace(/\\(\d{3})/g, (_all, code: string) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    );
    const holds = point === '/' || path === point || path.startsWith(`${point}/`);
    if (!holds || point.length < (best?.point.length ?? 0)) continue;
    const isReadOnly = [...options.split(','), ...superOptions.split(',')].includes('ro');
    best = { point, type, isReadOnly };
  }
  return best;
}
