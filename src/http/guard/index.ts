/**
 * guard: judges every request by its head before any route sees it. It promises that nothing a web page, a stranger or
 * a weak token sends gets past it, and must not know which routes exist, but for those that a run's token may write to.
 */

export { checkRights, unauthorized } from './credentials.ts';
export { type BoundAddress, isLoopbackAddress, isServedHost } from './host.ts';
export { judge, maxHeaders, openPaths, type Rules, type Verdict } from './judge.ts';
export { headerValues, type RequestHead } from './request-head.ts';
