/**
 * hooks: telling others of events, as `[[hooks]]` of the configuration says. It owns how far each hook has come in the
 * journal, when a delivery is tried again and when it is given up; promises each event at least once and in order, that
 * no hook waits for another one and nothing else for a hook; and must not know what an event means.
 */
export { createDelivering, type Deliver, type Delivering } from './deliver.ts';
export { createHooks, type Hooks, type HooksDeps } from './hooks.ts';
