/**
 * service: drover as a part of the operating system. It owns the unit files: rendering, installing, inspecting and
 * removing them, and the orders to systemd and launchd about them. It promises that no credential gets into a file, that
 * every wait has an end, that what somebody edited is kept, and that a failed installation leaves what was there before;
 * it must not know how a command is spelled or printed, nor what the daemon does inside.
 */
export { askNode, choosePrograms, type ServicePrograms } from './machine.ts';
export {
  findUnitFile,
  hasSocketUnit,
  hasUnitFile,
  launchdLabel,
  profilesWithUnits,
  serviceUnit,
  serviceVariable,
  socketUnit,
  unitName,
} from './names.ts';
export { type ManagerKind, managerKind, readInstalled, renderService, serviceManager } from './open.ts';
export { type PassingPlaces, passingReason } from './passing.ts';
export { type CommentStyle, hashComment, seal, sealState, xmlComment } from './seal.ts';
export { buildSpec, type SpecInput } from './spec.ts';
export type {
  InstalledSpec,
  InstallOptions,
  ProgramResult,
  ServiceFacts,
  ServiceFile,
  ServiceManager,
  ServiceSpec,
  ServiceWorld,
  Tell,
  UninstallOptions,
  UnitPlaces,
} from './types.ts';
export { homeOfUser, machineWorld } from './world.ts';
