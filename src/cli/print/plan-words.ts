import type { Plan, PlanSummary } from '../../contract/index.ts';
import { escapeLine } from './escape.ts';
import type { Style } from './style.ts';

/** What plans are shown with. `repo` is how the reader named the repository, for the commands that are shown. */
export type PageOptions = {
  readonly now: number;
  readonly style: Style;
  readonly repo: string | undefined;
};

/** What a plan waits for. */
export type Waiting = {
  /** In a word or two, for a table. */
  readonly short: string;
  readonly isForPerson: boolean;
  /** In a sentence. */
  readonly text: string;
  /** Commands that a person may answer with, each with what it does. */
  readonly answers: readonly Answer[];
};
/** What it does, and the command. */
export type Answer = readonly [what: string, command: string];

/** Makes the command that does something with the plan: with `--repo`, where that was given before. */
export type CallOf = (words: string, more?: string, group?: 'plan' | 'signal') => string;

/** How the commands of a plan are written for who named the repository like this. */
export function callsOf({ name }: Pick<PlanSummary, 'name'>, repo: string | undefined): CallOf {
  return (words, more = '', group = 'plan') =>
    `drover ${group} ${words} ${escapeLine(name)}${more === '' ? '' : ` ${more}`}${repoFlag(repo)}`;
}

/** The option that names the repository again, with the space before it; nothing where it was not given. */
export function repoFlag(repo: string | undefined): string {
  return repo === undefined ? '' : ` --repo ${quoted(repo)}`;
}

/** A word of a command as a shell takes it. */
export function quoted(word: string): string {
  return /^[\w./~-]+$/.test(word) ? word : `'${escapeLine(word).replaceAll("'", "'\\''")}'`;
}

/** Where a plan stands: its state, and what it does within it where that says more. */
export function placeOf(plan: Pick<PlanSummary, 'status' | 'phase' | 'forced' | 'merged_at'>): string {
  const { status, phase, forced, merged_at: mergedAt } = plan;
  const within = phase === null || phase === status ? [] : [phase.replaceAll('_', ' ')];
  const forcedNote = status === 'done' && forced ? ['forced'] : [];
  const notes = [...within, ...forcedNote, ...(mergedAt === null ? [] : ['merged'])];
  return notes.length === 0 ? status : `${status} (${notes.join(', ')})`;
}

/** What the state of a plan says has to happen next, and what a person can do about it. */
export function waitsByState(plan: PlanSummary, call: CallOf): Waiting {
  if (plan.blocked !== null) return whileBlocked(plan, call);
  switch (plan.status) {
    case 'ready':
      if (plan.phase === 'draft') {
        return ofPerson('start', 'you, as it is a draft without waves', [
          ['have an agent plan it', call('start')],
          ['write it yourself', call('edit')],
        ]);
      }
      return ofPerson('implement', 'you, as it is planned', [['implement it', call('implement')]]);
    case 'planning':
      if (plan.phase !== 'awaiting_advance') return ofAgent('planner');
      return ofPerson('advance', 'you, as its planner has finished', [
        ['read it', call('show', '--content')],
        ['let it go on', call('advance')],
        ['have it planned anew', call('start')],
      ]);
    case 'implementing':
      return whileImplementing(plan, call);
    case 'reviewing':
      return ofAgent('reviewer');
    case 'verifying':
      return ofAgent('verifier');
    case 'done':
      return ofNobody([['have it looked at again', call('request-review')]]);
    case 'cancelled':
      return ofNobody([['bring it back', call('reopen')]]);
    default:
      return ofNobody([]); // a state of a newer daemon
  }
}

function whileBlocked({ status, phase }: PlanSummary, call: CallOf): Waiting {
  const retry: Answer = ['try it again', call('retry')];
  if (status === 'done' || status === 'cancelled') return ofPerson('retry', 'you', [retry]);
  const asItIs: readonly Answer[] =
    phase === 'fixing' ? [['have it reviewed as it is', call('implement-finished', '', 'signal')]] : [];
  return ofPerson('decide', 'your decision', [
    ['answer it', call('decide', '"what is to be done"')],
    retry,
    ...asItIs,
    ['give it up', call('cancel')],
  ]);
}

function whileImplementing({ phase, wave }: PlanSummary, call: CallOf): Waiting {
  if (phase === 'architecting') return ofAgent('architect');
  if (phase === 'fixing') return ofAgent('fixer');
  if (phase === 'wave_waiting') {
    const next = wave + 1;
    return ofPerson(`wave ${next}`, `you, as wave ${wave} is merged`, [
      [`start wave ${next}`, call('implement', `--wave ${next}`)],
    ]);
  }
  return { ...ofAgent('coders'), text: `its coders, who work on wave ${wave}` };
}

function ofPerson(verb: string, text: string, answers: readonly Answer[]): Waiting {
  return { short: `you: ${verb}`, isForPerson: true, text, answers };
}

function ofAgent(who: string): Waiting {
  return { short: who, isForPerson: false, text: `its ${who}`, answers: [] };
}

function ofNobody(answers: readonly Answer[]): Waiting {
  return { short: '-', isForPerson: false, text: 'nothing', answers };
}

/** What a plan owes, in words, from the key that it is kept under: `plan_01…:spawn:coder:1:1:2:1`. */
export function owedInWords({ key, kind }: Plan['owed'][number]): string {
  const [, , first = '', ...more] = key.split(':');
  switch (kind) {
    case 'spawn': {
      const [, , task = '-'] = more;
      return `start the ${escapeLine(first)}${task === '-' ? '' : ` of task ${escapeLine(task)}`}`;
    }
    case 'ask':
      return `ask ${escapeLine(first)} whether it is done`;
    case 'join': {
      const [task = '-'] = more;
      return task === '-' ? 'join what the fixer made' : `merge task ${escapeLine(task)}`;
    }
    case 'evidence':
      return `run the commands of [verify] before the ${first === 'verify' ? 'verification' : 'review'}`;
    case 'stop':
      return first === '-' ? 'stop its runs' : `stop the ${escapeLine(first)}`;
    case 'advance_branch':
      return 'take its branch to what the verifier mended';
    case 'renew_branch':
      return 'begin its branch anew';
    default:
      return escapeLine(key);
  }
}
