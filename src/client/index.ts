/**
 * client: finds the daemon and speaks to it. It owns the way from flags and environment to a socket, typed calls over
 * contract/routes and event streams that resume; it promises that each request has a deadline and that every error is
 * an AppError, and must not know how an answer is shown.
 */
export { type CallOptions, type Client, createClient } from './client.ts';
export { type Env, liveEndpoint, locateSocket, machinePaths, readEndpoint } from './endpoint-file.ts';
export { type FollowOptions, followRun } from './follow-run.ts';
export { type Endpoint, type LocateInput, localPaths, locateDaemon } from './locate.ts';
export { type KnownProfile, knownProfiles, type ProfilePlaces } from './profiles.ts';
export type { Answer, BodyOf, QueryOf } from './route-table.ts';
export { type StopDaemon, stopDaemon } from './stop-daemon.ts';
