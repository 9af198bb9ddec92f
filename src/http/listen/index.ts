/**
 * listen: sockets, connections and the one door of each server. It promises that a request reaches the router only
 * with an admission, and that a socket is ours alone; it must not know which routes exist.
 */
export { answerClientError, refuseConnect } from './client-error.ts';
export { type Connections, createConnections } from './connections.ts';
export { createDoor, type Door, type DoorOptions } from './door.ts';
export { type Admission, commonHeaders, type GuardedResponse } from './guarded-response.ts';
export { listenOnInherited } from './inherited-socket.ts';
export { type BoundSocket, backlog, isStillOurs, listenOnSocket, listenOnTcp } from './listen.ts';
export { checkSocketPath } from './socket-folder.ts';
