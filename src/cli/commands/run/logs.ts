import { Command, Option } from 'clipanion';
import { followRun, type QueryOf } from '../../../client/index.ts';
import type { Event, EventData } from '../../../contract/index.ts';
import { parseChoice, parseCount } from '../../arguments.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { escapeControls } from '../../print/escape.ts';

const types = ['process', 'stdout', 'stderr', 'transcript'] as const satisfies readonly NonNullable<
  QueryOf<'runsLogs'>['type']
>[];

/** `drover runs logs ID`: what the run wrote, raw. */
export class RunsLogsCommand extends DroverCommand {
  static override paths = [['runs', 'logs']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'print what a run wrote',
    details:
      'On a terminal control characters are shown escaped; into a file or a pipe the bytes go as they are. `-f` goes on until the run has ended.',
    examples: [
      ['Print what a run wrote', '$0 runs logs run_01JD'],
      ['Follow its errors from the last ten lines', '$0 runs logs run_01JD --type stderr --tail 10 -f'],
    ],
  });

  run = Option.String({ name: 'ID', required: true });
  isFollowing = Option.Boolean('-f,--follow', false, { description: 'Go on until the run has ended' });
  type = Option.String('--type', 'process', { description: `One of: ${types.join(', ')}` });
  tail = Option.String('--tail', { description: 'Only the last N lines' });

  async execute(): Promise<number> {
    const client = this.connect();
    const type = parseChoice('--type', this.type, types);
    const tail = this.tail === undefined ? undefined : parseCount('--tail', this.tail);
    const { last_seq: after } = await client.call('status');
    const run = await client.call('runsShow', { params: { run: this.run } });
    const options = { params: { run: run.id }, query: { type, tail }, deadlineMs: 24 * 3_600_000 };
    for await (const chunk of await client.bytes('runsLogs', options)) this.write(chunk);
    if (!this.isFollowing || run.ended_at !== null) return exitCodes.ok;
    const letGo = new AbortController();
    const giveBack = this.context.onInterrupt(() => letGo.abort());
    try {
      for await (const event of followRun(client, run.id, {
        after,
        signal: letGo.signal,
        clock: this.context.clock,
      })) {
        this.write(textOf(event, type));
      }
    } finally {
      giveBack();
    }
    return exitCodes.ok;
  }

  private write(chunk: Buffer | string): void {
    this.context.stdout.write(this.context.isOutTerminal ? escapeControls(chunk.toString()) : chunk);
  }
}

/** What an event adds to a log of this type. */
function textOf(event: Event, type: (typeof types)[number]): string {
  if (type === 'transcript') return `${JSON.stringify(event)}\n`;
  const isWanted =
    (event.type === 'output.stdout' && type !== 'stderr') ||
    (event.type === 'output.stderr' && type !== 'stdout');
  if (!isWanted) return '';
  const { text, partial } = event.data as EventData<'output.stdout'>;
  return partial || text.endsWith('\n') ? text : `${text}\n`;
}
