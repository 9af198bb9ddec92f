import { Option } from 'clipanion';
import type { Client } from '../../../client/index.ts';
import type { Plan } from '../../../contract/index.ts';
import { DroverCommand } from '../../command.ts';
import { repoOfCommand } from '../../current-repo.ts';
import { formatMoved } from '../../print/plan.ts';
import type { PageOptions } from '../../print/plan-words.ts';

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
