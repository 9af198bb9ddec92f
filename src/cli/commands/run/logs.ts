import { Command, Option } from 'clipanion';
import { type Client, followRun, type QueryOf } from '../../../client/index.ts';
import { type Event, type EventData, logTypes } from '../../../contract/index.ts';
import { parseChoice, parseCount } from '../../arguments.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { escapeControls } from '../../print/escape.ts';

/** A log may be long, and its reader slow. */
const readDeadlineMs = 24 * 3_600_000;
/** How often a raw file is looked at. */
const pollMs = 250;

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
  type = Option.String('--type', 'process', { description: `One of: ${logTypes.join(', ')}` });
  tail = Option.String('--tail', { description: 'Only the last N lines' });

  async execute(): Promise<number> {
    const client = this.connect();
    const type = parseChoice('--type', this.type, logTypes);
    const tail = this.tail === undefined ? undefined : parseCount('--tail', this.tail);
    const run = await client.call('runsShow', { params: { run: this.run } });
    const next = await this.printNow(client, run.id, { type, tail });
    if (!this.isFollowing || run.ended_at !== null) return exitCodes.ok;
    const letGo = new AbortController();
    const giveBack = this.context.onInterrupt(() => letGo.abort());
    try {
      if (type === 'process') await this.followEvents(client, run.id, { after: next, signal: letGo.signal });
      else await this.followFile(client, run.id, { type, offset: next, signal: letGo.signal });
    } catch (error) {
      if (!letGo.signal.aborted) throw error;
    } finally {
      giveBack();
    }
    return exitCodes.ok;
  }

  /** Prints the log as it stands and returns where what comes later begins. */
  private async printNow(client: Client, run: string, query: QueryOf<'runsLogs'>): Promise<number> {
    const answer = await client.bytes('runsLogs', { params: { run }, query, deadlineMs: readDeadlineMs });
    for await (const chunk of answer) this.write(chunk);
    return Number(answer.headers['drover-next-seq'] ?? answer.headers['drover-next-offset']);
  }

  private async followEvents(
    client: Client,
    run: string,
    { after, signal }: { after: number; signal: AbortSignal },
  ): Promise<void> {
    for await (const event of followRun(client, run, { after, signal, clock: this.context.clock })) {
      this.write(textOf(event));
    }
  }

  private async followFile(
    client: Client,
    run: string,
    follow: { type: (typeof logTypes)[number]; offset: number; signal: AbortSignal },
  ): Promise<void> {
    for (let { offset } = follow; ; ) {
      const { ended_at } = await client.call('runsShow', { params: { run } });
      const next = await this.printNow(client, run, { type: follow.type, offset });
      if (ended_at !== null && next === offset) return;
      if (next === offset) await this.context.clock.sleep(pollMs, follow.signal);
      offset = next;
    }
  }

  private write(chunk: Buffer | string): void {
    this.context.stdout.write(this.context.isOutTerminal ? escapeControls(chunk.toString()) : chunk);
  }
}

/** What an event adds to the process's log. */
function textOf(event: Event): string {
  if (event.type !== 'output.stdout' && event.type !== 'output.stderr') return '';
  const { text, partial } = event.data as EventData<'output.stdout'>;
  return partial ? text : `${text}\n`;
}
