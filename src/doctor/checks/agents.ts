import { dirname } from 'node:path';
import { type AgentPlace, runPlainly, servicePlace, shellPlace } from '../agents/service-environment.ts';
import { questions, variablesOf } from '../agents/sign-in.ts';
import { agentNames, askSignIn, type Trial, tryAgent } from '../agents/try-agent.ts';
import { type Finding, failure, fine, note, warning } from '../finding.ts';
import { handOver } from '../hand-over.ts';
import type { Situation } from '../situation.ts';
import { judgeVariables } from './variables.ts';

/** Agents that are tried at the same time: each is a program of some hundred megabytes. */
const atOnce = 3;
/** Variables that are tried one by one to find the one that is missing. */
const maxSuspects = 8;

type Tried = { readonly name: string; readonly shell: Trial; readonly service: Trial };

/** The agents: found and signed in, in this shell and where the service runs them. */
export async function checkAgents(situation: Situation): Promise<readonly Finding[]> {
  const shell = shellPlace(situation);
  const service = await servicePlace(situation);
  const tried = await inTurns(agentNames, async (name): Promise<Tried> => {
    const inService = await tryAgent(name, service);
    const isSame = service.kind === 'shell';
    return { name, service: inService, shell: isSame ? inService : await tryAgent(name, shell) };
  });
  const here = tried.filter(({ shell: there, service: here }) => there.file !== null || here.file !== null);
  const findings = await inTurns(here, (agent) => judge(situation, agent, { shell, service }));
  const works = ({ service: { file, trouble, signIn } }: Tried) =>
    file !== null && trouble === null && signIn !== 'out';
  const summary: Finding[] = [];
  if (here.length === 0) {
    summary.push(
      warning('agents.found', 'No agent was found on this machine', {
        detail:
          'Install Claude Code, Codex, OpenCode, Gemini CLI or another agent that speaks ACP. The demo agent shows drover without one.',
        command: 'drover run --agent demo hello',
      }),
    );
  } else if (!here.some(works) && service.kind !== 'shell') {
    summary.push(failure('agents.found', `No agent works where the ${wordOf(service)} runs them`));
  }
  return [...summary, ...findings.flat(), ...judgeVariables(situation, { shell, service })];
}

type Places = { readonly shell: AgentPlace; readonly service: AgentPlace };

async function judge(situation: Situation, agent: Tried, places: Places): Promise<readonly Finding[]> {
  const { name, shell, service } = agent;
  const check = `agents.${name}`;
  const isDefault = situation.config?.default_agent === name;
  const hurts = isDefault ? failure : warning;
  const where = wordOf(places.service);
  const renew = places.service.kind === 'unit' ? situation.renew : situation.drover('daemon restart');
  if (service.file === null) {
    const folder = dirname(shell.file ?? '/');
    return [
      hurts(check, `${name} is on your PATH and not on that of the ${where}: ${shell.file}`, {
        detail: `The folder ${folder} is missing there, so runs cannot use it.`,
        command: renew,
      }),
    ];
  }
  if (service.trouble !== null) {
    return [
      hurts(check, `${name} is found by the ${where} and does not start: ${service.trouble}`, {
        detail: shell.trouble === null ? `In your shell it works (${shell.file}).` : '',
        command: shell.trouble === null ? renew : null,
      }),
    ];
  }
  const version = service.version === null ? '' : ` ${service.version}`;
  switch (service.signIn) {
    case 'in':
      return [fine(check, `${name}${version} is signed in (${service.file})`)];
    case 'unknown':
      return [
        fine(
          check,
          `${name}${version} is there; whether somebody is signed in it does not say (${service.file})`,
        ),
      ];
    case 'out':
      if (shell.signIn === 'in' && places.service.kind !== 'shell')
        return [await explainOut(situation, agent, places, hurts)];
      return [
        (isDefault ? failure : note)(check, `${name}${version} is there, and nobody is signed in`, {
          command: questions[name]?.command ?? name,
        }),
      ];
  }
}

/** Signed in here and not there: finds the variable that makes the difference. */
async function explainOut(
  situation: Situation,
  { name }: Tried,
  { shell, service }: Places,
  hurts: typeof warning,
): Promise<Finding> {
  const title = `${name} is signed in in your shell and not where the ${wordOf(service)} runs it`;
  const own = variablesOf[name] ?? /^$/;
  const suspects = Object.keys(shell.env)
    .filter(
      (variable) => own.test(variable) || ['HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME'].includes(variable),
    )
    .filter((variable) => shell.env[variable] !== service.env[variable])
    .slice(0, maxSuspects);
  const guilty = await inTurns(suspects, async (variable) => {
    const env = { ...service.env, [variable]: shell.env[variable] ?? '' };
    // Never as a unit: its variables would be for everybody to read
    const run = (argv: readonly string[]) => runPlainly(situation, argv, env);
    return (await askSignIn(name, { env, run })) === 'in' ? variable : null;
  });
  const variable = guilty.find((each) => each !== null);
  if (variable === undefined) {
    const listed = suspects.length === 0 ? 'none of its own variables' : suspects.join(', ');
    return hurts(`agents.${name}`, title, { detail: `Here and there differ by ${listed}.` });
  }
  return hurts(`agents.${name}`, title, {
    detail: `The variable ${variable} is set in your shell and ${service.env[variable] === undefined ? 'missing' : 'another'} there.`,
    command: service.kind === 'unit' ? handOver(situation, variable) : situation.drover('daemon restart'),
  });
}

function wordOf({ kind }: AgentPlace): string {
  return kind === 'unit' ? 'service' : 'daemon';
}

/** A few at a time, in order. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
