import type { Client } from '../../../client/index.ts';
import { AppError, daemonPlanEvents, type Signal } from '../../../contract/index.ts';
import { exitCodes } from '../../exit-code.ts';
import { repoFlag } from '../../print/plan-words.ts';
import { formatSignal } from '../../print/signal.ts';
import { OfRepoCommand } from '../plan/plan-command.ts';

/** Commands that are answered with a receipt. */
export abstract class ReceiptCommand extends OfRepoCommand {
  /** Shows a receipt. Throws why it was refused: `plan_not_found` where there is no such plan, else `plan_refused`. */
  protected async printReceipt(client: Client, repo: string, signal: Signal): Promise<number> {
    if (this.json) this.printJson(signal);
    else if (signal.status === 'done') this.print(formatSignal(signal));
    if (signal.status === 'done') return exitCodes.ok;
    await client.call('plansShow', { params: { repo, plan: signal.plan } });
    const isNeverSaid = (daemonPlanEvents as readonly string[]).includes(signal.event);
    const again = `drover signal retry ${signal.id}${repoFlag(this.repo)}`;
    throw new AppError(
      'plan_refused',
      `${signal.event} of ${signal.plan} is refused: ${signal.reason ?? 'no reason was told'}`,
      isNeverSaid ? {} : { hint: `once it may be said, say it again: ${again}` },
    );
  }
}
