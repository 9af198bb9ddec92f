import type { Event, EventData, EventType } from '../../contract/index.ts';
import { answerHint, fallbackWord, formatOptions } from './approval.ts';
import { escapeControls, escapeLine } from './escape.ts';
import { escapeOutput } from './output.ts';
import { count, formatSpan, uncommittedText } from './span.ts';
import type { Style } from './style.ts';

/** A piece of text and where it goes: `out` is what the run says, `err` is how it goes. */
export type Piece = { readonly to: 'out' | 'err'; readonly text: string };

/** Turns events into text as they come. `end` closes a line that was left open. */
export type EventPrinter = { readonly print: (event: Event) => Piece[]; readonly end: () => Piece[] };

type Lines = { [T in EventType]?: (data: EventData<T>, event: Event) => Piece[] };

/**
 * Makes a printer. A message that came in pieces is not printed again when it is complete; event types that it does
 * not know are passed over. With `isRaw` what the agent said and wrote goes as it is; titles and reasons never do.
 */
export function createEventPrinter(style: Style, { isRaw = false } = {}): EventPrinter {
  let open: 'message' | 'thought' | null = null;
  let hasDelta = false;
  const streamed = new Map<string, boolean>();

  const close = (): Piece[] => {
    const was = open;
    open = null;
    if (was === null) return [];
    return [{ to: was === 'message' ? 'out' : 'err', text: '\n' }];
  };
  const progress = (text: string): Piece[] => [...close(), { to: 'err', text: `${text}\n` }];
  const flow = (kind: 'message' | 'thought', text: string): Piece[] => {
    const before = open === kind ? [] : close();
    const shown = isRaw ? text : escapeControls(text);
    open = shown.endsWith('\n') ? null : kind;
    return [
      ...before,
      kind === 'message' ? { to: 'out', text: shown } : { to: 'err', text: style.dim(shown) },
    ];
  };
  const output = (to: 'out' | 'err', data: EventData<'output.stdout'>): Piece[] => {
    const isContinuing = streamed.get(to) === true;
    streamed.set(to, data.partial);
    const text = data.partial ? data.text : `${data.text}\n`;
    return [...(isContinuing ? [] : close()), { to, text: isRaw ? text : escapeOutput(text) }];
  };

  const lines: Lines = {
    'run.queued': (data) =>
      data.reason === null ? [] : progress(style.dim(`queued: ${escapeLine(data.reason)}`)),
    'run.started': (data) => progress(style.dim(`started, pid ${data.pid}`)),
    'run.waiting': (data) =>
      data.until === undefined
        ? []
        : progress(style.yellow(`waits for its provider’s limit: goes on at ${data.until}`)),
    'run.cancel_requested': (data) => progress(style.yellow(`cancelling: ${escapeLine(data.reason)}`)),
    'run.notice': (data) => progress(style.yellow(escapeLine(data.text))),
    'run.applied': (data) =>
      progress(
        style.dim(
          `${count(data.files, 'file')} brought into the checkout${data.commit === null ? ', staged' : `: commit ${escapeLine(data.commit.slice(0, 12))}`}`,
        ),
      ),
    'message.delta': (data) => {
      hasDelta = true;
      return flow('message', data.text);
    },
    'message.completed': (data) => {
      const pieces = hasDelta ? [] : flow('message', data.text);
      hasDelta = false;
      return [...pieces, ...close()];
    },
    'thought.delta': (data) => flow('thought', data.text),
    'tool.started': (data) => progress(`${style.cyan('>')} ${escapeLine(data.title)}`),
    'tool.finished': (data) => (data.status === 'failed' ? progress(style.red('> failed')) : []),
    'agent_plan.updated': (data) =>
      data.entries.flatMap((entry) =>
        progress(style.dim(`  [${entry.status === 'completed' ? 'x' : ' '}] ${escapeLine(entry.content)}`)),
      ),
    'agent.notice': (data) => progress(style.dim(escapeLine(data.text))),
    'approval.requested': (data, { time }) =>
      data.waits === false
        ? progress(`${style.dim('asks:')} ${escapeLine(data.title)}`)
        : [
            ...progress(`${style.yellow('waits for you:')} ${escapeLine(data.title)}`),
            ...(data.options.length === 0 ? [] : progress(`  options: ${formatOptions(data.options)}`)),
            ...(data.expires_at
              ? progress(`  ${expiry(data, Date.parse(data.expires_at) - Date.parse(time))}`)
              : []),
            ...progress(`  ${answerHint(data.approval_id, data.kind)}`),
          ],
    'approval.resolved': (data) =>
      progress(
        `${escapeLine(data.status)} by ${escapeLine(data.resolved_by)}${data.reason === null ? '' : `: ${escapeLine(data.reason)}`}`,
      ),
    'approval.expired': (data) => progress(style.yellow(`approval expired: ${escapeLine(data.reason)}`)),
    'input.received': (data) => progress(`${style.cyan('you:')} ${escapeLine(data.text)}`),
    'input.read': () => progress(style.dim('the agent has read it')),
    'input.unread': (data) => progress(style.yellow(`not read by the agent: ${escapeLine(data.reason)}`)),
    'input.uncertain': (data) =>
      progress(style.yellow(`input may not have arrived: ${escapeLine(data.reason)}`)),
    'output.stdout': (data) => output('out', data),
    'output.stderr': (data) => output('err', data),
    'output.truncated': (data) =>
      progress(
        style.yellow(`${data.bytes} bytes of ${data.stream} are not shown: ${escapeLine(data.reason)}`),
      ),
    'worktree.created': (data) => [
      ...progress(style.dim(`works on branch ${escapeLine(data.branch)} in ${escapeLine(data.path)}`)),
      ...(data.uncommitted_files > 0 ? progress(style.yellow(uncommittedText(data.uncommitted_files))) : []),
    ],
    'worktree.saved': (data) => progress(style.dim(`uncommitted work saved as ${escapeLine(data.ref)}`)),
    'worktree.removed': (data) => progress(style.dim(`worktree removed: ${escapeLine(data.path)}`)),
    'worktree.restored': (data) => progress(style.dim(`worktree made again: ${escapeLine(data.path)}`)),
    'journal.truncated': (data) =>
      progress(style.yellow(`events ${data.from} to ${data.to} were removed by retention`)),
  };
  return {
    print: (event) => {
      const line = lines[event.type as EventType] as ((data: unknown, event: Event) => Piece[]) | undefined;
      return line?.(event.data, event) ?? [];
    },
    end: close,
  };
}

/** By the time of the event, so that a replay says the same. */
function expiry(data: EventData<'approval.requested'>, spanMs: number): string {
  return `${fallbackWord(data)} when nobody answers within ${formatSpan(spanMs)}`;
}
