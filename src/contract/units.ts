import { AppError } from './app-error.ts';

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const byteUnits: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** Milliseconds of a duration such as `500ms`, `30s`, `5m`, `2h` or `1d`; `0` is 0. Throws `invalid_request`. */
export function parseDurationMs(text: string): number {
  if (text === '0') return 0;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const unit = durationUnits[match?.[2] ?? ''];
  if (match === null || unit === undefined) {
    throw new AppError('invalid_request', `'${text}' is not a duration`, {
      hint: 'write it as 500ms, 30s, 5m, 2h or 1d, or 0 for none',
    });
  }
  return Math.round(Number(match[1]) * unit);
}

/** A duration in the largest unit that says it exactly: `90s`, `2h`. */
export function formatDuration(ms: number): string {
  const [unit = 'ms', size = 1] =
    Object.entries(durationUnits).findLast(([, each]) => ms >= each && ms % each === 0) ?? [];
  return `${ms / size}${unit}`;
}

/** Bytes of a size such as `64KiB`, `1GiB` or `5GB`; `0` is 0. Throws `invalid_request`. */
export function parseBytes(text: string): number {
  if (text === '0') return 0;
  const match = /^(\d+(?:\.\d+)?)(B|KB|MB|GB|KiB|MiB|GiB)$/.exec(text);
  const unit = byteUnits[match?.[2] ?? ''];
  if (match === null || unit === undefined) {
    throw new AppError('invalid_request', `'${text}' is not a size`, {
      hint: 'write it as 64KiB, 100MB or 1GiB, or 0 for none',
    });
  }
  return Math.round(Number(match[1]) * unit);
}

/** A size as people read it: `640 B`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 2 ** (10 * power);
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
