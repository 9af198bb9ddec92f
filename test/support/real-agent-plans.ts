/** A real agent as the coder of a plan: what it commits reaches the branch of the plan, by its own signal. */
import { execFileSync } from 'node:child_process';
import type { Plan } from '../../src/contract/index.ts';
import { planText } from './plan-world.ts';
import type { Case } from './real-agent-cases.ts';
import { patienceMs } from './real-agent-stage.ts';
import { until } from './until.ts';

const signal = 'implement-task-finished-w1-t1-real';

export const planCases: Readonly<Record<string, Case>> = {
  'carries out the task of a plan, and says so by a signal': async (t, { agent, world, model, repo }) => {
    world.configure(`
[agents.coder]
runtime = "${agent}"
command = ["${agent}"]
approval_mode = "unrestricted"
[agents.nobody]
runtime = "command"
command = ["sh", "-c", "sleep 300"]
[roles]
coder = "coder"
reviewer = "nobody"
verifier = "nobody"
`);
    t.equal((await world.drover('daemon reload')).code, 0);
    model.say(
      { kind: 'write', path: 'made.txt', content: 'by a real agent' },
      {
        kind: 'shell',
        command: 'git add made.txt && git -c user.name=A -c user.email=a@localhost commit -qm made',
      },
      {
        kind: 'shell',
        command: `mkdir -p .drover/signals/staging && : >.drover/signals/staging/${signal} && mv .drover/signals/staging/${signal} .drover/signals/`,
      },
      { kind: 'text', text: 'Done' },
    );
    const created = await world.json<Plan>(['plan', 'create', 'real', '-'], {
      cwd: repo,
      stdin: planText([1]),
    });
    const { repo: where } = created;
    const ask = async (event: string) => world.run(['signal', event, 'real'], { cwd: repo });
    t.equal((await world.run(['plan', 'implement', 'real'], { cwd: repo })).code, 0);
    const plan = (status: Plan['status']) =>
      until(
        `the plan to be ${status}`,
        async () => {
          const { json } = await world.http('GET', `/v1/repos/${where.id}/plans/real`);
          const now = json as unknown as Plan;
          if (now.blocked !== null) throw new Error(now.blocked.reason);
          return now.status === status && now;
        },
        patienceMs,
      );
    const reviewed = await plan('reviewing');
    const isTold = model.turnsTaken().some(({ text }) => text.includes(signal));
    t.ok(isTold, 'its prompt tells how to say so');
    const made = execFileSync('git', ['show', `${reviewed.branch}:made.txt`], {
      cwd: repo,
      encoding: 'utf8',
    });
    t.equal(made, 'by a real agent');
    t.equal((await ask('review-approved')).code, 0);
    await plan('verifying');
    t.equal((await ask('verify-approved')).code, 0);
    t.match(await plan('done'), { forced: false, tasks_merged: 1 });
    const still = await until('who was spoken for to be stopped', async () => {
      const { runs } = await world.status();
      return runs.running + runs.starting + runs.queued === 0;
    });
    t.ok(still);
  },
};
