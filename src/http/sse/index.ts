/**
 * sse: the journal as a stream for many readers. It promises each event once and in order from any cursor, and memory
 * bounded by a page per reader; it must not know what an event means.
 */
export { createHub, type StreamHub } from './hub.ts';
export { eventPage } from './page.ts';
