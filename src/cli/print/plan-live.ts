import { type PlanSummary, waitsForPerson } from '../../contract/index.ts';
import { escapeLine } from './escape.ts';
import { type Answer, type CallOf, quoted, type Waiting, waitsByState } from './plan-words.ts';

type LiveRun = PlanSummary['live'][number];

/** What has to happen next: also that its live runs ask a person, are queued, or are the commands of [verify]. */
export function waitsFor(plan: PlanSummary, call: CallOf): Waiting {
  const waiting = waitsByState(plan, call);
  const { live, failing } = plan;
  if (plan.blocked !== null) return { ...waiting, answers: [...waiting.answers, ...askedAnswers(live)] };
  const [asking] = live.filter(waitsForPerson);
  if (asking !== undefined) {
    const short = asking.asks === 'permission' ? 'approve' : 'answer';
    return {
      short: `you: ${short}`,
      isForPerson: true,
      text: `you, as ${nameOf(asking)} asks`,
      answers: askedAnswers(live),
    };
  }
  const now = live.some(({ role }) => role === 'evidence') ? ofCommands(live) : waiting;
  const queued = live.filter(({ status }) => status === 'queued').length;
  if (queued > 0) {
    const some = queued === live.length ? 'queued' : `${queued} queued`;
    return { ...now, short: `${now.short} (${some})`, text: `${now.text}; ${some}: drover runs list` };
  }
  return failing === null ? now : { ...now, short: `${now.short} (trying again)` };
}

/** How a person answers what runs of a plan ask for. */
function askedAnswers(live: PlanSummary['live']): readonly Answer[] {
  const asking = live.filter(waitsForPerson);
  if (asking.length === 0) return [];
  return [['see what is asked', 'drover approvals'], ...asking.map(answerOf)];
}

function answerOf(run: LiveRun): Answer {
  const id = quoted(run.waiting_on ?? '');
  if (run.asks === 'permission') return [`allow ${nameOf(run)}`, `drover approvals allow ${id}`];
  if (run.asks === 'question')
    return [`answer ${nameOf(run)}`, `drover approvals answer ${id} "what is to be done"`];
  return [`look at ${nameOf(run)}`, `drover attach ${quoted(run.run_id)}`];
}

function ofCommands(live: PlanSummary['live']): Waiting {
  const run = live.find(({ role }) => role === 'evidence')?.run_id ?? '';
  return {
    short: '[verify] commands',
    isForPerson: false,
    text: `the [verify] commands (${escapeLine(run)})`,
    answers: [],
  };
}

function nameOf({ role, task }: LiveRun): string {
  return task === null ? `its ${escapeLine(role)}` : `its ${escapeLine(role)} of task ${task}`;
}
