import { join } from 'node:path';
import { Command, Option } from 'clipanion';
import { localPaths } from '../../client/index.ts';
import { logTypes } from '../../contract/index.ts';
import { parseChoice, parseCount } from '../arguments.ts';
import { DroverCommand } from '../command.ts';
import { followDaemonLog, lastLinesOfDaemonLog } from '../daemon-log.ts';
import { usageError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import { formatLogLine } from '../print/log-line.ts';
import { showRunLog } from '../run-log.ts';
import { findRunOfWorker } from '../worker-ref.ts';

/** How long the daemon of a named socket may take to say where its state is. */
const statusDeadlineMs = 2000;
/** Lines of the daemon's own log to begin with. */
const usualTail = '100';

/** `drover logs`: the daemon's own log, also when it is not running; with a name, what that run wrote. */
export class LogsCommand extends DroverCommand {
  static override paths = [['logs'], ['daemon', 'logs'], ['d', 'logs']];
  static override usage = Command.Usage({
    category: 'Daemon',
    description: 'print the daemon’s own log, also when it is not running, or that of a worker',
    details:
      'With the name of a worker, the id of its run or the pid of its agent it prints what that run wrote, as `drover runs logs` does, also when it has ended.',
    examples: [
      ['Look at the last lines', '$0 logs'],
      ['Follow it', '$0 logs -f'],
      ['Follow what a run writes', '$0 logs nightly -f'],
      ['Look for errors with jq', '$0 logs --tail 0 --json | jq "select(.level >= 50)"'],
    ],
  });

  worker = Option.String({ name: 'NAME', required: false });
  isFollowing = Option.Boolean('-f,--follow', false, {
    description: 'Go on until Ctrl-C, or until the run has ended',
  });
  tail = Option.String('--tail', {
    description: `Begin with the last N lines; of the daemon’s own log ${usualTail} unless told, and 0 = all`,
  });
  isRaw = Option.Boolean('--raw', false, {
    description: 'Give what a worker wrote to a terminal as it is',
  });
  type = Option.String('--type', { description: `Of a worker, one of: ${logTypes.join(', ')}` });

  async execute(): Promise<number> {
    if (this.worker !== undefined) return this.showWorker(this.worker);
    if (this.type !== undefined) {
      throw usageError('The daemon’s own log has no types', 'name a worker: drover logs NAME --type stderr');
    }
    if (this.daemon !== undefined) {
      throw usageError(
        'The log of another daemon cannot be read from here',
        'run drover logs on its machine',
      );
    }
    const logs = await this.logsFolder();
    const show = (line: string) => this.print(this.json ? `${line}\n` : formatLogLine(line, this.outStyle));
    const { lines, position } = lastLinesOfDaemonLog(logs, parseCount('--tail', this.tail ?? usualTail));
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

  private async showWorker(ref: string): Promise<number> {
    if (this.path[0] !== 'logs') {
      throw usageError(`drover ${this.path.join(' ')} takes no name`, `for a worker: drover logs ${ref}`);
    }
    const client = this.connect();
    const type = parseChoice('--type', this.type ?? 'process', logTypes);
    const tail = this.tail === undefined ? undefined : parseCount('--tail', this.tail);
    const run = await findRunOfWorker(client, ref);
    const { context, isFollowing, isRaw } = this;
    await showRunLog({ context, client, run, type, tail, isFollowing, isRaw });
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
