import { oneLine } from '../bounded.ts';
import { notice, update } from '../dialog/work.ts';
import { asCount, asText, type Fields } from '../fields.ts';
import { timeText } from '../time-text.ts';
import type { ClaudeWork } from './state.ts';

/** What Claude Code tells of itself. */
export function onSystem(work: ClaudeWork, message: Fields): void {
  switch (message.subtype) {
    case 'init':
      noteSession(work, asText(message.session_id));
      break;
    case 'api_retry':
      notice(work, retryText(message));
      break;
    case 'compact_boundary':
      notice(work, 'The conversation was compacted to make room');
      break;
    case 'permission_denied':
      notice(work, `Denied by a rule: ${oneLine(asText(message.tool_name) ?? 'a tool')}`);
      break;
    case 'session_writes_lost':
      notice(work, 'Claude Code could not save its session: it cannot be resumed from here');
      break;
  }
}

/** A limit of the account: worth a word when it is near, and remembered when it is reached. */
export function onRateLimit(work: ClaudeWork, info: Fields): void {
  const status = asText(info.status);
  if (status === null || status === 'allowed') return;
  const resetsAt = asCount(info.resetsAt);
  if (status === 'rejected') update(work, { limitResetsAt: resetsAt });
  const kind = oneLine(asText(info.rateLimitType) ?? 'usage', 80);
  const until = resetsAt === null ? '' : `; it resets at ${timeText(resetsAt)}`;
  notice(work, `${status === 'rejected' ? 'Reached' : 'Near'} the limit ${kind}${until}`);
}

function noteSession(work: ClaudeWork, sessionId: string | null): void {
  if (sessionId === null || sessionId === '') return;
  update(work, { sessionId });
  work.effects.push({ kind: 'session', sessionId });
}

function retryText(message: Fields): string {
  const status = asCount(message.error_status);
  const delay = asCount(message.retry_delay_ms);
  const what = oneLine(asText(message.error) ?? 'no answer', 80);
  const attempt = `attempt ${asCount(message.attempt) ?? '?'} of ${asCount(message.max_retries) ?? '?'}`;
  const wait = delay === null ? '' : ` in ${(delay / 1000).toFixed(1)} s`;
  return `The model’s provider answered ${status ?? 'nothing'} (${what}); ${attempt}${wait}`;
}
