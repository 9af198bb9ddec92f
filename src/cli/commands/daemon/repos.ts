import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { Command, Option } from 'clipanion';
import { repoReference } from '../../arguments.ts';
import { DroverCommand } from '../../command.ts';
import { repoInPath } from '../../current-repo.ts';
import { exitCodes } from '../../exit-code.ts';
import { escapeLine } from '../../print/escape.ts';
import { formatOwnConfig, formatRepos } from '../../print/repo.ts';
import { count } from '../../print/span.ts';

/** `drover daemon add PATH`. */
export class DaemonAddCommand extends DroverCommand {
  static override paths = [
    ['daemon', 'add'],
    ['d', 'add'],
  ];
  static override usage = Command.Usage({
    category: 'Repositories',
    description: 'register a git repository',
    details: 'A path inside a work tree stands for its repository. Nothing of the repository is executed.',
    examples: [
      ['Register the repository of this folder', '$0 daemon add .'],
      ['Register one under a name of your own', '$0 daemon add ~/src/shop --name shop'],
    ],
  });

  folder = Option.String({ name: 'PATH', required: true });
  name = Option.String('--name', { description: 'Display name; the default is the folder’s name' });

  async execute(): Promise<number> {
    const repo = await this.connect().call('reposAdd', {
      body: {
        path: repoReference(this.folder, this.context, { isPath: true }),
        ...(this.name === undefined ? {} : { name: this.name }),
      },
      idempotencyKey: randomUUID(),
    });
    if (this.json) this.printJson(repo);
    else this.print(`added ${escapeLine(repo.project)}: ${escapeLine(repo.path)} (${repo.id})\n`);
    return exitCodes.ok;
  }
}

/** `drover daemon remove PATH|NAME|ID`. */
export class DaemonRemoveCommand extends DroverCommand {
  static override paths = [
    ['daemon', 'remove'],
    ['d', 'remove'],
  ];
  static override usage = Command.Usage({
    category: 'Repositories',
    description: 'unregister a repository; its live runs are cancelled',
    details:
      'Worktrees and branches of its runs stay where they are; the command says where. Nothing more is done for its plans until the same folder is added again: then they go on, and those whose runs were cancelled wait for `plan retry`.',
    examples: [
      ['Remove a repository by name', '$0 daemon remove shop'],
      ['Let its runs go on', '$0 daemon remove shop --keep-runs'],
    ],
  });

  repo = Option.String({ name: 'PATH|NAME|ID', required: true });
  keepRuns = Option.Boolean('--keep-runs', false, { description: 'Leave its live runs alone' });

  async execute(): Promise<number> {
    const client = this.connect();
    const result = await client.call('reposRemove', {
      params: { repo: await repoInPath(client, this.repo, this.context) },
      query: { keep_runs: this.keepRuns },
      deadlineMs: 60_000,
    });
    if (this.json) this.printJson(result);
    else {
      const runs = result.canceled_runs.length;
      this.print(
        `removed ${escapeLine(this.repo)}${runs === 0 ? '' : `; ${count(runs, 'run')} cancelled`}\n`,
      );
      const kept = keptText(result.kept_worktrees);
      if (kept !== '') this.say(kept);
      if (result.kept_plans > 0)
        this.say(
          `${count(result.kept_plans, 'plan')} kept: drover daemon add, of the same folder, brings back all of it`,
        );
    }
    return exitCodes.ok;
  }
}

/** What stays of a removed repository, where, and how it can be cleared away. */
function keptText([first, ...more]: readonly string[]): string {
  if (first === undefined) return '';
  const folder = dirname(first);
  const [are, their] = more.length === 0 ? ['stays', 'its branch'] : ['stay', 'their branches'];
  return `${count(more.length + 1, 'worktree')} of its runs ${are} in ${escapeLine(folder)}, and ${their} in the repository
  look what is there: git worktree list
  remove one:         git worktree remove PATH`;
}

/** `drover daemon repos`. */
export class DaemonReposCommand extends DroverCommand {
  static override paths = [
    ['daemon', 'repos'],
    ['d', 'repos'],
  ];
  static override usage = Command.Usage({
    category: 'Repositories',
    description: 'list the registered repositories, by name',
    examples: [['List the repositories', '$0 daemon repos']],
  });

  async execute(): Promise<number> {
    const page = await this.connect().call('reposList', { query: { limit: 0 } });
    if (this.json) this.printJson(page);
    else this.print(formatRepos(page.items));
    return exitCodes.ok;
  }
}

/** `drover daemon move REPO PATH`. */
export class DaemonMoveCommand extends DroverCommand {
  static override paths = [
    ['daemon', 'move'],
    ['d', 'move'],
  ];
  static override usage = Command.Usage({
    category: 'Repositories',
    description: 'say where a repository is now',
    details:
      'Moves nothing: call it after you have moved the folder, or the state root. Its runs keep their events and diffs, and git’s notes of their worktrees are mended. No run of it may be live.',
    examples: [['After: mv ~/src/shop ~/work/shop', '$0 daemon move shop ~/work/shop']],
  });

  repo = Option.String({ name: 'NAME|ID', required: true });
  folder = Option.String({ name: 'NEW-PATH', required: true });

  async execute(): Promise<number> {
    const repo = await this.connect().call('reposUpdate', {
      params: { repo: repoReference(this.repo, this.context) },
      body: { path: repoReference(this.folder, this.context, { isPath: true }) },
    });
    if (this.json) this.printJson(repo);
    else this.print(`${escapeLine(repo.project)} is at ${escapeLine(repo.path)}\n`);
    return exitCodes.ok;
  }
}

/** `drover daemon rename REPO NAME`. */
export class DaemonRenameCommand extends DroverCommand {
  static override paths = [
    ['daemon', 'rename'],
    ['d', 'rename'],
  ];
  static override usage = Command.Usage({
    category: 'Repositories',
    description: 'give a repository another display name',
    examples: [['Rename a repository', '$0 daemon rename shop-2 shop-legacy']],
  });

  repo = Option.String({ name: 'PATH|NAME|ID', required: true });
  name = Option.String({ name: 'NEW-NAME', required: true });

  async execute(): Promise<number> {
    const client = this.connect();
    const repo = await client.call('reposUpdate', {
      params: { repo: await repoInPath(client, this.repo, this.context) },
      body: { project: this.name },
    });
    if (this.json) this.printJson(repo);
    else this.print(`renamed ${escapeLine(this.repo)} to ${escapeLine(repo.project)}\n`);
    return exitCodes.ok;
  }
}

/** `drover daemon trust REPO`. */
export class DaemonTrustCommand extends DroverCommand {
  static override paths = [
    ['daemon', 'trust'],
    ['d', 'trust'],
  ];
  static override usage = Command.Usage({
    category: 'Repositories',
    description: 'let a repository’s own agents and commands be used',
    details:
      'Cloning a repository must never be enough to run its commands: its own configuration counts only after this, and as it stands: once the file changes, it is asked for again. The command says what the file asks for; of a file that cannot be used what is wrong, and ends with 2.',
    examples: [
      ['Trust the repository of this folder', '$0 daemon trust .'],
      ['Take the trust back', '$0 daemon trust shop --revoke'],
    ],
  });

  repo = Option.String({ name: 'PATH|NAME|ID', required: true });
  revoke = Option.Boolean('--revoke', false, { description: 'Take the trust back' });

  async execute(): Promise<number> {
    const client = this.connect();
    const repo = await client.call('reposUpdate', {
      params: { repo: await repoInPath(client, this.repo, this.context) },
      body: { trusted: !this.revoke },
    });
    if (this.json) this.printJson(repo);
    else {
      this.print(`${escapeLine(repo.project)} is ${repo.trusted ? 'trusted' : 'not trusted any more'}\n`);
      if (repo.trusted) this.print(formatOwnConfig(repo));
    }
    return repo.trusted && repo.own_config?.problem ? exitCodes.usage : exitCodes.ok;
  }
}
