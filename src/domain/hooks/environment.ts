import { type AgentEnvironment, agentEnvironment } from '../agents/index.ts';
import type { Delivery } from './delivery.ts';

/** Whose environment and which daemon. */
export type HookWorld = Pick<AgentEnvironment, 'daemonEnv' | 'user' | 'profile' | 'socket'>;

/** What leads to the person's desktop. No agent gets it, but a hook is the person's own. */
const desktopNames = ['DBUS_SESSION_BUS_ADDRESS', 'DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY'];

/**
 * The whole environment of a hook's command: what agents get of the daemon's and the desktop, where its daemon is, and
 * what it is told of. `DROVER_RUN_ID` is not in it on purpose: it marks the processes of a run, which are ended with the run.
 */
export function hookEnvironment(world: HookWorld, delivery: Delivery): Record<string, string> {
  const none = { agentEnv: {}, runId: '', runToken: '', stateRoot: '', ports: null };
  const {
    DROVER_RUN_ID: _id,
    DROVER_RUN_TOKEN: _token,
    DROVER_STATE_ROOT: _root,
    ...env
  } = agentEnvironment({
    ...world,
    ...none,
  });
  const desktop = desktopNames.flatMap((name) => {
    const value = world.daemonEnv[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...env,
    ...Object.fromEntries(desktop),
    DROVER_EVENT: delivery.type,
    DROVER_EVENT_SEQ: String(delivery.seq),
    DROVER_DELIVERY: delivery.id,
    ...(delivery.runId === null ? {} : { DROVER_EVENT_RUN_ID: delivery.runId }),
    ...(delivery.plan === null ? {} : { DROVER_PLAN: delivery.plan }),
  };
}
