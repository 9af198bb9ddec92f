import { Command, Option } from 'clipanion';
import { createClient, localPaths, locateDaemon } from '../../../client/index.ts';
import { DroverCommand } from '../../command.ts';
import { startDetached } from '../../detached-start.ts';
import { usageError } from '../../errors.ts';
import { exitCodes } from '../../exit-code.ts';
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
      'Starts the daemon in a session of its own, waits until it is ready and prints its pid and endpoint. When one is running already it prints that one. With `--foreground` it stays in this terminal, as service managers want it; a second one exits 6.',
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
    if (this.daemon !== undefined) {
      throw usageError(
        '--daemon names a running daemon, not one to start',
        'use --addr to say where to listen',
      );
    }
    return this.foreground ? this.runForeground() : this.runDetached();
  }

  /** As `target`, with the configuration that the new daemon is to read. */
  private startTarget(): ReturnType<DaemonStartCommand['target']> {
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
    const started = await startDetached({
      context: this.context,
      paths: localPaths(this.startTarget()),
      connect: () =>
        createClient(locateDaemon({ ...this.target(), flags: { ...this.target().flags, socket } })),
      args: argsOf({
        '--profile': this.profile,
        '--socket': socket,
        '--state-root': this.stateRoot,
        '--config': this.config,
        '--addr': addr,
      }),
      tokens: { admin: this.adminToken, readonly: this.readonlyToken },
    });
    if (this.json) this.printJson(started.status);
    else {
      const { pid, socket: at, address } = started.status;
      const where = address === null ? at : `${at} and ${address}`;
      this.print(`${started.isNew ? 'daemon started' : 'daemon is running already'}: pid ${pid}, ${where}\n`);
      if (!started.isNew && this.hasOptions()) {
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

  /** The spellings of --addr as one; a path means the socket. */
  private listenOn(): { addr: string | undefined; socket: string | undefined } {
    const hostPort =
      this.host === undefined && this.port === undefined
        ? undefined
        : `${bracketed(this.host ?? '127.0.0.1')}:${this.requirePort()}`;
    const given = [this.addr, this.bind, hostPort].filter((text) => text !== undefined);
    if (new Set(given).size > 1) {
      throw usageError(
        `Two addresses are given: ${given.join(' and ')}`,
        'use one of --addr, --bind or --host --port',
      );
    }
    const addr = given[0];
    if (addr === undefined || !addr.includes('/')) return { addr, socket: this.socket };
    if (this.socket !== undefined && this.socket !== addr) {
      throw usageError(`Two sockets are given: ${addr} and ${this.socket}`, 'use --socket alone');
    }
    return { addr: undefined, socket: addr };
  }

  private hasOptions(): boolean {
    const given = [
      this.config,
      this.addr,
      this.bind,
      this.host,
      this.port,
      this.adminToken,
      this.readonlyToken,
    ];
    return given.some((value) => value !== undefined);
  }

  private requirePort(): string {
    if (this.port !== undefined) return this.port;
    throw usageError('--host needs a --port', 'write --host 127.0.0.1 --port 7777');
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

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

function argsOf(flags: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}
