import { Command, Option } from 'clipanion';
import type { Worker } from '../../../contract/index.ts';
import { parseSpan } from '../../arguments.ts';
import { DroverCommand } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { exitCodes } from '../../exit-code.ts';
import { fitTo } from '../../print/fit.ts';
import { byCpu, formatTotals, formatWorkers } from '../../print/worker.ts';
import type { Screen } from '../../screen.ts';

/** The daemon reads the machine no more often than twice a second: faster would show the same. */
const leastIntervalMs = 500;
const leaveKeys = ['q', 'Q', '\x03', '\x1b'];

/** `drover top`: workers, who takes most first, again and again. */
export class TopCommand extends DroverCommand {
  static override paths = [['top']];
  static override usage = Command.Usage({
    category: 'Workers',
    description: 'watch the processes of live runs, who takes most CPU first',
    details:
      'q or Ctrl-C leaves it. Into a file or a pipe, with --once and with --json it prints one picture and ends.',
    examples: [
      ['Watch', '$0 top'],
      ['Watch every ten seconds', '$0 top --interval 10s'],
      ['One picture for a report', '$0 top --once'],
    ],
  });

  interval = Option.String('--interval', '2s', { description: 'Time between two looks' });
  once = Option.Boolean('--once', false, { description: 'Print one picture and end' });

  async execute(): Promise<number> {
    const intervalMs = parseSpan(this.interval);
    if (intervalMs < leastIntervalMs) {
      throw usageError(`--interval cannot be '${this.interval}'`, `give at least ${leastIntervalMs}ms`);
    }
    const { openScreen } = this.context;
    const first = await this.look(); // before the screen is taken: an error is an error like any other
    if (this.json) this.printJson({ items: first, next_cursor: null });
    else if (this.once || openScreen === null) this.print(formatWorkers(first, this.outStyle));
    else await this.watch(openScreen(), { first, intervalMs });
    return exitCodes.ok;
  }

  private async look(): Promise<readonly Worker[]> {
    return byCpu((await this.connect().call('workersList')).items);
  }

  private async watch(
    screen: Screen,
    { first, intervalMs }: { readonly first: readonly Worker[]; readonly intervalMs: number },
  ): Promise<void> {
    const leave = new AbortController();
    const giveBack = this.context.onInterrupt(() => leave.abort());
    let workers = first;
    let trouble = '';
    const draw = () => screen.draw(this.picture(workers, trouble, screen));
    screen.onKey((key) => {
      if (leaveKeys.includes(key)) leave.abort();
    });
    screen.onResize(draw);
    try {
      while (!leave.signal.aborted) {
        draw();
        await this.context.clock.sleep(intervalMs, leave.signal).catch(() => {}); // left: seen at the next turn
        if (leave.signal.aborted) return;
        try {
          workers = await this.look();
          trouble = '';
        } catch (error) {
          trouble = `${error instanceof Error ? error.message : String(error)}; trying again`;
        }
      }
    } finally {
      screen.close();
      giveBack();
    }
  }

  /** As many lines as there are rows, each as wide as the screen at most. */
  private picture(workers: readonly Worker[], trouble: string, screen: Screen): readonly string[] {
    const style = this.outStyle;
    const table = formatWorkers(workers, style).trimEnd().split('\n');
    const room = Math.max(1, screen.rows() - 3);
    const shown = table.length <= room ? table : table.slice(0, room - 1);
    const hidden = table.length - shown.length;
    return [
      trouble === '' ? style.bold(formatTotals(workers)) : style.red(trouble),
      style.dim(`every ${this.interval}, q leaves`),
      '',
      ...shown,
      ...(hidden === 0 ? [] : [style.dim(`and ${hidden} more`)]),
    ].map((line) => fitTo(line, screen.columns()));
  }
}
