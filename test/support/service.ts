import type { ServiceSpec } from '../../src/service/index.ts';

/** A spec as an installation without any option makes it. */
export function aSpec(changes: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    profile: 'default',
    node: process.execPath,
    program: '/opt/drover/dist/main.js',
    args: [],
    path: '/usr/local/bin:/usr/bin:/bin',
    user: 'ada',
    home: '/home/ada',
    environment: {},
    stateRoot: '/home/ada/.local/state/drover',
    socket: '/run/user/1000/drover/drover.sock',
    logs: '/home/ada/.local/state/drover/logs',
    socketActivation: false,
    ...changes,
  };
}
