import { Command, Option } from 'clipanion';
import { parseCount } from '../../arguments.ts';
import { escapeLine } from '../../print/escape.ts';
import { SayingCommand } from './saying.ts';

/** `drover plan implement NAME`. */
export class PlanImplementCommand extends SayingCommand {
  static override paths = [['plan', 'implement']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'begin to implement a plan that is ready, or start its next wave',
    details:
      'Each task of a wave is a run in a worktree of its own; what it made comes onto the branch of the plan, never into your checkout. With auto_advance_waves off the plan waits before each further wave, which the same command starts.',
    examples: [
      ['Begin', '$0 plan implement auth'],
      ['Start the second wave, and no other', '$0 plan implement auth --wave 2'],
    ],
  });

  wave = Option.String('--wave', { description: 'Start this wave of a plan that waits between two' });

  async execute(): Promise<number> {
    if (this.wave !== undefined)
      return this.tell({ event: 'wave_start', wave: parseCount('--wave', this.wave, 1) });
    const client = this.connect();
    const params = { repo: await this.repoId(client), plan: this.name };
    const { phase, wave, blocked } = await client.call('plansShow', { params });
    const isBetween = phase === 'wave_waiting';
    const code = await this.tell(
      isBetween ? { event: 'wave_start', wave: wave + 1 } : { event: 'implement_start' },
    );
    if (blocked !== null)
      this.say(`that was your decision, without an answer to: ${escapeLine(blocked.reason)}`);
    return code;
  }
}
