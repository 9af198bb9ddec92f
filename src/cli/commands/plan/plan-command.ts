import { Option } from 'clipanion';
import type { Client } from '../../../client/index.ts';
import { AppError, isAppError, type Plan } from '../../../contract/index.ts';
import { DroverCommand } from '../../command.ts';
import { repoOfCommand } from '../../current-repo.ts';
import { formatMoved } from '../../print/plan.ts';
import { type PageOptions, repoFlag } from '../../print/plan-words.ts';

/** How long git may take to look at what a plan is about. */
export const planDeadlineMs = 300_000;

/** What the commands of plans and signals share: the repository. */
export abstract class OfRepoCommand extends DroverCommand {
  repo = Option.String('--repo', {
    description: 'Id, name or path of a registered repository; the default is the current folder’s',
  });

  protected repoId(client: Client): Promise<string> {
    return repoOfCommand(client, this.repo, this.context);
  }

  protected get page(): PageOptions {
    return { now: this.now(), style: this.outStyle, repo: this.repo };
  }

  /** The commands that an error hints at are about the same repository. */
  override async explain(error: unknown): Promise<unknown> {
    const explained = await super.explain(error);
    return isAppError(explained) ? inRepo(explained, this.repo) : explained;
  }

  /** A plan as it stands now, and what comes next. */
  protected printMoved(plan: Plan): void {
    if (this.json) this.printJson(plan);
    else this.print(formatMoved(plan, this.page));
  }
}

/** The same for one plan. */
export abstract class PlanCommand extends OfRepoCommand {
  name = Option.String({ name: 'NAME', required: true });
}

/** The same error, whose hint names the repository in the commands of plans and signals, where the call has. */
function inRepo(error: AppError, repo: string | undefined): AppError {
  const { code, message, hint, fields, cause } = error;
  if (repo === undefined || hint === undefined) return error;
  const named = hint.replaceAll(/drover (?:plan|signal) [^;,()]+/g, (command) =>
    command.includes(' --repo ') ? command : command.trimEnd() + repoFlag(repo),
  );
  return new AppError(code, message, { hint: named, fields, cause });
}
