import { Command, Option } from 'clipanion';
import { createClient, localPaths, locateDaemon } from '../../../client/index.ts';
import { AppError, type Status } from '../../../contract/index.ts';
import type { ServiceManager } from '../../../service/index.ts';
import { DroverCommand } from '../../command.ts';
import { readyStatus, startDeadlineMs, startDetached, startPollMs } from '../../detached-start.ts';
import { usageError } from '../../errors.ts';
import { exitCodes } from '../../exit-code.ts';
import {
  type KeptDaemon,
  keptDaemon,
  logCommand,
  openManager,
  throwExplained,
  unitState,
} from '../../kept-daemon.ts';
import { listenOn } from '../../listen-on.ts';
import { formatStatus } from '../../print/status.ts';

/** `drover daemon start`: detached and ready, or in the foreground for a service manager. */
export class DaemonStartCommand extends DroverCommand {
  static override paths = [
    ['daemon', 'start'],
    ['d', 'start'],
  ];
  static override usage = Command.Usage({
    category: 'Daemon',
    description: 'start the daemon',
    details:
      'Starts the daemon in a session of its own, waits until it is ready and prints its pid and endpoint. When one is running already it prints that one. With `--foreground` it stays in this terminal, as service managers want it; a second one exits 6. Where a service is installed, the service manager starts it, with the options of the unit.',
    examples: [
      ['Start the daemon', '$0 daemon start'],
      ['Run it under a service manager', '$0 daemon start --foreground'],
      ['Listen on TCP as well', '$0 daemon start --addr 127.0.0.1:7777 --config ./daemon.toml'],
    ],
  });

  foreground = Option.Boolean('--foreground', false, { description: 'Stay in this terminal' });
  config = Option.String('--config', { description: 'Configuration file, instead of $DROVER_CONFIG' });
  addr = Option.String('--addr', { description: 'Listen on HOST:PORT as well, or on the socket PATH' });
  bind = Option.String('--bind', { description: 'The same as --addr' });
  host = Option.String('--host', { description: 'With --port: the same as --addr HOST:PORT' });
  port = Option.String('--port', { description: 'With --host, or alone for 127.0.0.1' });
  adminToken = Option.String('--http-admin-token', {
    description: 'Token that may do everything over TCP; a token file keeps it out of the list of processes',
  });
  readonlyToken = Option.String('--http-readonly-token', { description: 'Token that may only read' });

  async execute(): Promise<number> {
    this.assertStartable();
    if (this.foreground) return this.runForeground();
    const kept = keptDaemon(this.target(), this.context);
    const manager = kept === null ? null : await openManager(kept, (text) => this.say(text));
    return kept === null || manager === null ? this.runDetached() : this.startKept(kept, manager);
  }

  /** Starts the unit, which has its own options; prints the daemon that runs already, as without a unit. */
  protected async startKept(kept: KeptDaemon, manager: ServiceManager): Promise<number> {
    this.assertNoOptions(kept);
    const running = kept.isAsleep ? null : await readyStatus(() => this.connect());
    if (running !== null) return this.printStarted({ isNew: false, status: running });
    try {
      await manager.start(kept.profile);
    } catch (error) {
      return await throwExplained(error, kept, this.context);
    }
    return this.printStarted({ isNew: true, status: await this.untilReady(kept, manager) });
  }

  /** The unit says what its daemon is started with: an option here would be lost at the next start. */
  protected assertNoOptions({ unit }: KeptDaemon): void {
    const given = this.startOptions();
    if (given.length === 0) return;
    throw usageError(
      `${unit} keeps this daemon and decides ${given.join(' and ')}`,
      'change it with: drover install-service with these options, or set them in daemon.toml',
    );
  }

  /** The manager has seen it start; a unit that was changed by a drop-in may say so too early. */
  protected async untilReady(kept: KeptDaemon, manager: ServiceManager): Promise<Status> {
    const { unit } = kept;
    const { clock } = this.context;
    const deadline = clock.monotonic() + startDeadlineMs;
    for (;;) {
      const status = await readyStatus(() => this.connect());
      if (status !== null) return status;
      const facts = await manager.inspect(kept.profile);
      if (facts?.state === 'failed') {
        const failure = new AppError('service_failed', unitState(facts), {
          hint: `see what it said: ${logCommand(facts)}`,
        });
        return await throwExplained(failure, kept, this.context);
      }
      if (clock.monotonic() > deadline) {
        throw new AppError('start_failed', `${unit} was started, but its daemon does not answer here`, {
          hint: 'see where it listens and what it says: drover daemon status, drover logs',
        });
      }
      await clock.sleep(startPollMs);
    }
  }

  protected assertStartable(): void {
    if (this.daemon === undefined) return;
    throw usageError(
      '--daemon names a running daemon, not one to start',
      'use --addr to say where to listen',
    );
  }

  /** As `target`, with the configuration that the new daemon is to read. */
  protected startTarget(): ReturnType<DaemonStartCommand['target']> {
    const target = this.target();
    return { ...target, flags: { ...target.flags, config: this.config } };
  }

  protected async runForeground(): Promise<number> {
    const paths = localPaths(this.startTarget());
    const { addr, socket } = this.listenOn();
    return this.context.runDaemon({
      profile: this.profile,
      config: this.config,
      stateRoot: this.stateRoot,
      socket,
      addr,
      adminToken: this.adminToken,
      readonlyToken: this.readonlyToken,
      paths,
      env: this.context.env,
    });
  }

  private async runDetached(): Promise<number> {
    const { addr, socket } = this.listenOn();
    const paths = localPaths(this.startTarget());
    const target = this.target();
    // To a daemon that is not its own, the token of a run says nothing: it would not even tell that it is ready.
    const env = paths.socketFrom === 'env' ? target.env : { ...target.env, DROVER_RUN_TOKEN: undefined };
    const started = await startDetached({
      context: this.context,
      paths,
      connect: () => createClient(locateDaemon({ ...target, env, flags: { ...target.flags, socket } })),
      args: argsOf({
        '--profile': this.profile,
        '--socket': socket,
        '--state-root': this.stateRoot,
        '--config': this.config,
        '--addr': addr,
      }),
      tokens: { admin: this.adminToken, readonly: this.readonlyToken },
    });
    return this.printStarted(started);
  }

  protected printStarted(started: { readonly isNew: boolean; readonly status: Status }): number {
    this.sayIfSkewed(started.status.version);
    if (this.json) this.printJson(started.status);
    else {
      const { pid, socket: at, address } = started.status;
      const where = address === null ? at : `${at} and ${address}`;
      this.print(`${started.isNew ? 'daemon started' : 'daemon is running already'}: pid ${pid}, ${where}\n`);
      if (!started.isNew && this.startOptions().length > 0) {
        this.say(
          'hint: it keeps what it was started with; to change that: drover daemon restart with these options',
        );
      }
      for (const line of formatStatus(started.status, this.errStyle).split('\n')) {
        if (line.includes('warning:')) this.say(line);
      }
    }
    return exitCodes.ok;
  }

  private listenOn(): ReturnType<typeof listenOn> {
    return listenOn({
      addr: this.addr,
      bind: this.bind,
      host: this.host,
      port: this.port,
      socket: this.socket,
    });
  }

  /** Options that decide what a daemon is started with. */
  private startOptions(): string[] {
    const given = {
      '--config': this.config,
      '--addr': this.addr,
      '--bind': this.bind,
      '--host': this.host,
      '--port': this.port,
      '--http-admin-token': this.adminToken,
      '--http-readonly-token': this.readonlyToken,
    };
    return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  }
}

/** `drover serve`: the daemon in this terminal. */
export class ServeCommand extends DaemonStartCommand {
  static override paths = [['serve']];
  static override usage = Command.Usage({
    category: 'Daemon',
    description: 'run the daemon in this terminal: `drover daemon start --foreground`',
    examples: [['Run the daemon until Ctrl-C', '$0 serve']],
  });

  override execute(): Promise<number> {
    this.foreground = true;
    return super.execute();
  }
}

function argsOf(flags: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}
