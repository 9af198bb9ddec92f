/**
 * http: the control plane over a Unix socket and, when asked for, TCP. It owns the guard, the routes' handlers, the
 * event streams and how errors look; it promises that no request reaches a handler around the guard and that no client
 * can cost more than its share; it must not know how a service does its work (`services.ts` is the boundary).
 */
export { createHttp, type Http, type HttpOptions } from './create.ts';
export { defaultLimits, type Limits, limitsFor } from './limits.ts';
export { checkSocketPath } from './listen/index.ts';
export type { RequestMeter, RouteFigures } from './meter.ts';
export { openApi } from './openapi.ts';
export type {
  Caller,
  HttpConfig,
  IdempotencyWrite,
  JournalEntry,
  ListOptions,
  MachineFigures,
  MetricSample,
  Services,
  StoredAnswer,
} from './services.ts';
