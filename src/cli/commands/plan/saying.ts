import { randomUUID } from 'node:crypto';
import type { BodyOf } from '../../../client/index.ts';
import { exitCodes } from '../../exit-code.ts';
import { PlanCommand, planDeadlineMs } from './plan-command.ts';

/** Commands that say one word of a plan, and show what became of it. */
export abstract class SayingCommand extends PlanCommand {
  protected async tell(body: BodyOf<'plansSay'>): Promise<number> {
    const client = this.connect();
    const plan = await client.call('plansSay', {
      params: { repo: await this.repoId(client), plan: this.name },
      body,
      idempotencyKey: randomUUID(),
      deadlineMs: planDeadlineMs,
    });
    this.printMoved(plan);
    return exitCodes.ok;
  }
}
