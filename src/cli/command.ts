import { Command, Option } from 'clipanion';
import type { PathFlags } from '../base/index.ts';
import { type Client, createClient, type LocateInput, locateDaemon } from '../client/index.ts';
import type { CliContext } from './context.ts';
import { explain } from './explain.ts';
import { jsonLine } from './print/json.ts';
import { type Style, styleFor } from './print/style.ts';
import { skewNote } from './skew.ts';

/** What every command shares: the options that say which daemon is meant, and the ways to print. */
export abstract class DroverCommand extends Command<CliContext> {
  profile = Option.String('--profile', {
    description: 'The isolated daemon to talk to, instead of $DROVER_PROFILE',
  });
  socket = Option.String('--socket', { description: 'Path of the daemon’s Unix socket' });
  daemon = Option.String('--daemon', {
    description: 'Another daemon, as HOST:PORT or PATH; token from $DROVER_TOKEN or $DROVER_TOKEN_FILE',
  });
  stateRoot = Option.String('--state-root', { description: 'Folder of the daemon’s state' });
  json = Option.Boolean('--json', false, { description: 'Print machine-readable JSON' });

  /** Which daemon the flags and the environment mean. */
  protected target(): LocateInput {
    const flags: PathFlags & { daemon: string | undefined } = {
      profile: this.profile,
      socket: this.socket,
      stateRoot: this.stateRoot,
      daemon: this.daemon,
    };
    return { flags, env: this.context.env, cwd: this.context.cwd };
  }

  protected connect(): Client {
    return createClient(locateDaemon(this.target()));
  }

  /** An error with what this call alone can add to it. */
  explain(error: unknown): Promise<unknown> {
    return explain(error, {
      target: this.target(),
      connect: () => this.connect(),
      version: this.context.version,
    });
  }

  /** Says, on stderr, that the daemon is of another version than this program, where it is. */
  protected sayIfSkewed(daemons: string): void {
    this.context.stderr.write(skewNote(this.context.version, daemons, this.target().flags) ?? '');
  }

  /** The answer, on stdout. */
  protected print(text: string): void {
    this.context.stdout.write(text);
  }

  /** The answer as a program reads it: one line of JSON. */
  protected printJson(value: unknown): void {
    this.context.stdout.write(jsonLine(value));
  }

  /** The talk, on stderr. */
  protected say(text: string): void {
    this.context.stderr.write(`${text}\n`);
  }

  protected get outStyle(): Style {
    return styleFor(this.context.isOutTerminal, this.context.env);
  }

  protected get errStyle(): Style {
    return styleFor(this.context.isErrTerminal, this.context.env);
  }

  protected now(): number {
    return this.context.clock.now();
  }
}
