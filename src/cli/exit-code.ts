/** The exit codes of every command (contract §3). */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  notAllowed: 4,
  notFound: 5,
  conflict: 6,
  tryAgain: 7,
  waitsForPerson: 8,
} as const;
