/** What a plan waits for, on its page and in a list. */
import t from 'tap';
import { formatPlans } from '../../src/cli/print/plan.ts';
import { formatPlan } from '../../src/cli/print/plan-page.ts';
import { plainStyle } from '../../src/cli/print/style.ts';
import type { Plan, PlanSummary } from '../../src/contract/index.ts';
import { aPlan, aPlanSummary } from '../support/plan-resources.ts';
import { aRun } from '../support/resources.ts';

const now = Date.parse('2026-01-02T04:04:05.000Z');
const at = '2026-01-02T03:54:05.000Z';
const options = { now, style: plainStyle, repo: undefined };
const page = (changes: Partial<Plan>) => formatPlan(aPlan(changes), options);

void t.test('what the live runs of a plan wait for is told, in the list and on the page', async (t) => {
  const run = { role: 'coder', task: 2, waiting_on: null, asks: null } as const;
  const one = { ...run, run_id: aRun().id };
  const running = { ...run, run_id: 'run_B', task: 3, status: 'running' } as const;
  const queued = { ...one, status: 'queued' } as const;
  const asking = { ...one, status: 'waiting', waiting_on: 'apr_1', asks: 'permission' } as const;
  const asksWords = { ...asking, asks: 'question' } as const;
  const commands = { ...running, run_id: 'run_E', role: 'evidence', task: null } as const;
  const short = (changes: Partial<PlanSummary>) =>
    formatPlans([aPlanSummary(changes)], options).split(/ {2,}|\n/)[10];

  t.equal(short({ live: [running, asking] }), 'you: approve');
  t.equal(short({ live: [asksWords] }), 'you: answer');
  t.equal(short({ live: [queued] }), 'coders (queued)');
  t.equal(short({ live: [queued, running] }), 'coders (1 queued)');
  t.equal(short({ failing: 'the disk is full' }), 'coders (trying again)');
  t.equal(short({ status: 'reviewing', phase: null, live: [commands] }), '[verify] commands');

  t.match(
    page({ live: [running, asking] }),
    `waits for: you, as its coder of task 2 asks
  see what is asked:         drover approvals
  allow its coder of task 2: drover approvals allow apr_1
`,
  );
  t.match(page({ live: [asksWords] }), 'drover approvals answer apr_1 "what is to be done"\n');
  const blocked = page({ blocked: { reason: 'Which?', by: 'agent', at }, live: [asking] });
  t.match(blocked, /^BLOCKED[\s\S]*drover approvals allow apr_1\n\nstatus/m);
  const waiting = page({ live: [queued] });
  t.match(waiting, 'waits for: its coders, who work on wave 2; queued: drover runs list\n');
  t.match(waiting, /2 {2}queued {3}Endpoints/);
  t.match(waiting, /^run_\w+ .* queued$/m);
});

void t.test('what a block of an ended plan is answered with, and one before a fix', async (t) => {
  const blocked = { reason: 'it could not be moved', by: 'daemon', at };
  for (const status of ['done', 'cancelled'] as const) {
    const text = page({ status, phase: null, blocked });
    t.match(text, /try it again: +drover plan retry auth\n/);
    t.notMatch(text, /drover plan (decide|cancel)/, status);
  }
  t.match(
    page({ phase: 'fixing', blocked }),
    /have it reviewed as it is: drover signal implement-finished auth\n/,
  );
});
