import { Command, Option } from 'clipanion';
import { localDay } from '../../base/index.ts';
import { usageKinds } from '../../contract/index.ts';
import { parseChoice, parseCount, parseSpan } from '../arguments.ts';
import { DroverCommand } from '../command.ts';
import { usageError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import { formatUsage } from '../print/usage.ts';

/** `drover usage`: what the agents have used up. */
export class UsageCommand extends DroverCommand {
  static override paths = [['usage']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'show what agents used up: tokens, and money where they tell it',
    details:
      'By day, repository or agent it counts every run there ever was; by run or session those that retention has kept. Days are those of the daemon’s clock. What an agent does not tell is shown as `-`.',
    examples: [
      ['See each day of the last month', '$0 usage --since 30d'],
      ['See which repository cost most this year', '$0 usage --by repo --since 2026-01-01'],
    ],
  });

  by = Option.String('--by', 'day', { description: `One of: ${usageKinds.join(', ')}` });
  since = Option.String('--since', {
    description: 'From this day on, as 2026-11-28, or from so long ago, as 7d',
  });
  until = Option.String('--until', { description: 'Up to this day and with it, or up to so long ago' });
  limit = Option.String('--limit', '50', { description: 'At most so many lines; 0 = all' });

  async execute(): Promise<number> {
    const report = await this.connect().call('usage', {
      query: {
        by: parseChoice('--by', this.by, usageKinds),
        since: this.dayOf('--since', this.since),
        until: this.dayOf('--until', this.until),
        limit: parseCount('--limit', this.limit),
      },
    });
    if (this.json) this.printJson(report);
    else this.print(formatUsage(report));
    return exitCodes.ok;
  }

  /** A day as it is, a span as the day that it reaches back to. */
  private dayOf(option: string, text: string | undefined): string | undefined {
    if (text === undefined || /^\d{4}-\d\d-\d\d$/.test(text)) return text;
    if (!/^\d/.test(text))
      throw usageError(
        `${option} cannot be '${text}'`,
        'give a day such as 2026-11-28, or a span such as 7d',
      );
    return localDay(this.now() - parseSpan(text));
  }
}
