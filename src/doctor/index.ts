/**
 * doctor: whether everything that drover stands on is still right: Node.js, unit, socket, state, store, disk, git,
 * agents. It owns the checks and the safe mending, promises that looking changes nothing, that no secret is shown, that
 * every wait has an end and that mending loses no work, and must not know how a finding is printed.
 */
export { diagnose, type Mended, mend } from './diagnose.ts';
export type { Finding, Severity } from './finding.ts';
export { type DoctorWorld, doctorWorld, type FileSystem } from './world.ts';
