import { existsSync } from 'node:fs';
import { Option } from 'clipanion';
import { localPaths } from '../../../client/index.ts';
import {
  buildSpec,
  choosePrograms,
  homeOfUser,
  machineWorld,
  type ServiceSpec,
} from '../../../service/index.ts';
import { DroverCommand } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { listenOn } from '../../listen-on.ts';

/** What the commands share that make a unit: its options, and the way from them to what it holds. */
export abstract class ServiceCommand extends DroverCommand {
  config = Option.String('--config', { description: 'Configuration file, instead of $DROVER_CONFIG' });
  addr = Option.String('--addr', { description: 'Listen on HOST:PORT as well, or on the socket PATH' });
  node = Option.String('--node', {
    description: 'The Node.js that runs the daemon, instead of one that lasts',
  });
  socketActivation = Option.Boolean('--socket-activation', false, {
    description: 'The manager listens, and starts the daemon when somebody connects (systemd)',
  });
  adminToken = Option.String('--http-admin-token', { hidden: true });
  readonlyToken = Option.String('--http-readonly-token', { hidden: true });

  /**
   * What the service is made of. Throws what the daemon would throw about its configuration, so that nothing is installed
   * that could not start.
   */
  protected async buildSpec(): Promise<{ readonly spec: ServiceSpec; readonly notes: readonly string[] }> {
    this.refuseWhatNoUnitHolds();
    const { cwd, program } = this.context;
    const env = withRuntimeFolder(this.context.env);
    const { addr, socket: named } = listenOn({ addr: this.addr, socket: this.socket });
    const target = this.target();
    const flags = { ...target.flags, socket: named, config: this.config };
    const paths = localPaths({ ...target, flags });
    const { socket } = await this.context.checkDaemon({
      profile: this.profile,
      config: this.config,
      stateRoot: this.stateRoot,
      socket: named,
      addr,
      adminToken: undefined,
      readonlyToken: undefined,
      paths,
      env: withoutTokens(env), // they do not get into the unit, so the daemon would not have them
    });
    const world = machineWorld(env);
    const { notes, ...programs } = await choosePrograms(world, {
      node: this.node,
      program: program[0] ?? '',
      execPath: process.execPath,
      cwd,
    });
    const spec = buildSpec({
      ...programs,
      paths,
      env,
      cwd,
      user: world.user,
      home: world.home,
      homeOfUser: homeOfUser() ?? world.home,
      socket,
      given: { config: this.config, stateRoot: this.stateRoot, addr },
      socketActivation: this.socketActivation,
    });
    return { spec, notes };
  }

  private refuseWhatNoUnitHolds(): void {
    if (this.daemon !== undefined) {
      throw usageError('--daemon names a running daemon, not a service', 'use --addr to say where to listen');
    }
    if (this.adminToken === undefined && this.readonlyToken === undefined) return;
    throw usageError(
      'A unit file is no place for a token: others may read it',
      'write the token into a file of mode 0600 and name that as auth.admin_token_file in daemon.toml',
    );
  }
}

/** A login by su or cron has no XDG_RUNTIME_DIR, but a systemd service has: the daemon will listen there. */
function withRuntimeFolder(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const folder = `/run/user/${process.getuid?.() ?? ''}`;
  const isMissing = process.platform === 'linux' && !env.XDG_RUNTIME_DIR && existsSync(folder);
  return isMissing ? { ...env, XDG_RUNTIME_DIR: folder } : env;
}

function withoutTokens(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { DROVER_HTTP_ADMIN_TOKEN: _admin, DROVER_HTTP_READONLY_TOKEN: _readonly, ...rest } = env;
  return rest;
}
