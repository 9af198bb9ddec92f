import { join } from 'node:path';
import { Command, Option } from 'clipanion';
import { localPaths } from '../../client/index.ts';
import { parseCount } from '../arguments.ts';
import { DroverCommand } from '../command.ts';
import { followDaemonLog, lastLinesOfDaemonLog } from '../daemon-log.ts';
import { usageError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import { formatLogLine } from '../print/log-line.ts';

/** How long the daemon of a named socket may take to say where its state is. */
const statusDeadlineMs = 2000;

/** `drover logs`: the daemon's own log, also when it is not running. */
export class LogsCommand extends DroverCommand {
  static override paths = [['logs'], ['daemon', 'logs'], ['d', 'logs']];
  static override usage = Command.Usage({
    category: 'Daemon',
    description: 'print the daemon’s own log, also when it is not running',
    examples: [
      ['Look at the last lines', '$0 logs'],
      ['Follow it', '$0 logs -f'],
      ['Look for errors with jq', '$0 logs --tail 0 --json | jq "select(.level >= 50)"'],
    ],
  });

  isFollowing = Option.Boolean('-f,--follow', false, { description: 'Go on until Ctrl-C' });
  tail = Option.String('--tail', '100', { description: 'Begin with the last N lines; 0 = all' });

  async execute(): Promise<number> {
    if (this.daemon !== undefined) {
      throw usageError(
        'The log of another daemon cannot be read from here',
        'run drover logs on its machine',
      );
    }
    const logs = await this.logsFolder();
    const show = (line: string) => this.print(this.json ? `${line}\n` : formatLogLine(line, this.outStyle));
    const { lines, position } = lastLinesOfDaemonLog(logs, parseCount('--tail', this.tail));
    for (const line of lines) show(line);
    if (lines.length === 0) this.say(`no log yet in ${logs}`);
    if (!this.isFollowing) return exitCodes.ok;
    const letGo = new AbortController();
    const giveBack = this.context.onInterrupt(() => letGo.abort());
    try {
      await followDaemonLog({
        folder: logs,
        position,
        clock: this.context.clock,
        signal: letGo.signal,
        show,
      });
    } finally {
      giveBack();
    }
    return exitCodes.ok;
  }

  /** A socket that was named may be that of any state root: its daemon says of which, while it runs. */
  private async logsFolder(): Promise<string> {
    const { logs, socketFrom } = localPaths(this.target());
    if (socketFrom === 'computed' || this.stateRoot !== undefined) return logs;
    const isOwn = socketFrom === 'env' && this.context.env.DROVER_RUN_ID !== undefined;
    const status = isOwn
      ? null
      : await this.connect()
          .call('status', { deadlineMs: statusDeadlineMs })
          .catch(() => null); // not running: what is there for the profile
    return status === null ? logs : join(status.state_root, 'logs');
  }
}
