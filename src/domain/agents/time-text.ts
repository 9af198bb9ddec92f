/** Seconds since 1970 as RFC 3339, or as they are where no calendar reaches. */
export function timeText(seconds: number): string {
  const ms = seconds * 1000;
  return ms <= 8.64e15 ? new Date(ms).toISOString() : String(seconds);
}
