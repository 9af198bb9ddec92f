import { Command } from 'clipanion';
import { SayingCommand } from './saying.ts';

/** `drover plan start NAME`. */
export class PlanStartCommand extends SayingCommand {
  static override paths = [['plan', 'start']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'have an agent plan it, or plan it anew',
    details:
      'A planner that is at work is stopped. It writes the waves and tasks; you read them and say advance.',
    examples: [['Have it planned', '$0 plan start auth']],
  });

  execute(): Promise<number> {
    return this.tell({ event: 'plan_start' });
  }
}

/** `drover plan advance NAME`. */
export class PlanAdvanceCommand extends SayingCommand {
  static override paths = [['plan', 'advance']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'take what the planner wrote: the plan is ready',
    details: 'With auto_implement on, it is implemented at once.',
    examples: [['Read it, and take it', '$0 plan show auth --content && $0 plan advance auth']],
  });

  execute(): Promise<number> {
    return this.tell({ event: 'advance' });
  }
}

/** `drover plan retry NAME`. */
export class PlanRetryCommand extends SayingCommand {
  static override paths = [['plan', 'retry']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'try again what failed or was given up',
    details: 'Failed tasks begin anew, and what the plan still owes is tried at once.',
    examples: [['After the agent’s sign-in was mended', '$0 plan retry auth']],
  });

  execute(): Promise<number> {
    return this.tell({ event: 'retry' });
  }
}

/** `drover plan cancel NAME`. */
export class PlanCancelCommand extends SayingCommand {
  static override paths = [['plan', 'cancel']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'give a plan up and stop its runs; branches and worktrees stay',
    examples: [['Give it up', '$0 plan cancel auth']],
  });

  execute(): Promise<number> {
    return this.tell({ event: 'cancel' });
  }
}

/** `drover plan reopen NAME`. */
export class PlanReopenCommand extends SayingCommand {
  static override paths = [['plan', 'reopen']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'bring a cancelled plan back, to be planned anew',
    details: 'What its branch holds is kept under another name.',
    examples: [['Bring it back', '$0 plan reopen auth']],
  });

  execute(): Promise<number> {
    return this.tell({ event: 'reopen' });
  }
}

/** `drover plan done NAME`. */
export class PlanDoneCommand extends SayingCommand {
  static override paths = [['plan', 'done']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'say that a plan that is ready needs nothing more',
    examples: [['Somebody has done it by hand', '$0 plan done auth']],
  });

  execute(): Promise<number> {
    return this.tell({ event: 'mark_done' });
  }
}

/** `drover plan start-over NAME`. */
export class PlanStartOverCommand extends SayingCommand {
  static override paths = [['plan', 'start-over']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'plan and implement anew what is done',
    details: 'What its branch holds is kept under another name.',
    examples: [['Begin with a new planner', '$0 plan start-over auth']],
  });

  execute(): Promise<number> {
    return this.tell({ event: 'start_over' });
  }
}

/** `drover plan reimplement NAME`. */
export class PlanReimplementCommand extends SayingCommand {
  static override paths = [['plan', 'reimplement']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'implement anew what is done, by the same plan',
    details: 'What its branch holds is kept under another name.',
    examples: [['With another agent as coder, after drover daemon reload', '$0 plan reimplement auth']],
  });

  execute(): Promise<number> {
    return this.tell({ event: 'reimplement' });
  }
}

/** `drover plan request-review NAME`. */
export class PlanRequestReviewCommand extends SayingCommand {
  static override paths = [['plan', 'request-review']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'have what is done reviewed once more',
    examples: [['Have it looked at again', '$0 plan request-review auth']],
  });

  execute(): Promise<number> {
    return this.tell({ event: 'request_review' });
  }
}
