import { randomUUID } from 'node:crypto';
import { Option } from 'clipanion';
import type { BodyOf, Client } from '../../../client/index.ts';
import { approvalModeWords, type Run } from '../../../contract/index.ts';
import { parseChoice, parseCount, parsePrice, parseSpan, repoReference } from '../../arguments.ts';
import { repoOfFolder } from '../../current-repo.ts';
import { usageError } from '../../errors.ts';
import { RunningCommand } from './running.ts';

/** The options of the commands that start a run, and the request they make. */
export abstract class StartingCommand extends RunningCommand {
  /** How the help writes the arguments. */
  static args = 'PROMPT | -- CMD ARG…';

  prompt = Option.Rest({ name: 'PROMPT' });
  repo = Option.String('--repo', {
    description: 'Id, name or path of a registered repository; the default is the current folder’s',
  });
  agent = Option.String('--agent', { description: 'Preset to use; the default is the first agent found' });
  model = Option.String('--model', { description: 'Model that the agent uses' });
  maxTurns = Option.String('--max-turns', { description: 'Stop the run after so many turns' });
  maxCost = Option.String('--max-cost', { description: 'Stop the run when it has cost so many US dollars' });
  maxTokens = Option.String('--max-tokens', {
    description: 'Stop the run when it has read and written so many tokens',
  });
  approval = Option.String('--approval', { description: 'ask, auto, unrestricted or yolo' });
  label = Option.String('--label', { description: 'Free text to find the run by' });
  name = Option.String('--name', { description: 'Name to use instead of the id' });
  session = Option.String('--session', {
    description: 'Go on with this conversation, where it was led: the agent’s own id of it, or a run of it',
  });
  inPlace = Option.Boolean('--in-place', false, { description: 'Work in the checkout itself' });
  worktree = Option.Boolean('--worktree', false, {
    description: 'Work in a worktree of its own; the default',
  });
  base = Option.String('--base', { description: 'Branch, tag or commit to start from; the default is HEAD' });
  timeout = Option.String('--timeout', { description: 'Stop the run after this long, such as 30m' });

  /** Starts the run that the options describe. */
  protected async startRun(client: Client): Promise<Run> {
    const body = this.body();
    const repo = await this.repoOf(client);
    return client.call('runsStart', {
      body: { ...body, ...(repo === null ? {} : { repo }) },
      idempotencyKey: randomUUID(),
    });
  }

  /** A conversation that drover knows has its place already: the folder of this command is none of its business. */
  private async repoOf(client: Client): Promise<string | null> {
    if (this.repo !== undefined) return repoReference(this.repo, this.context);
    if (this.session !== undefined) {
      const { items } = await client.call('runsList', { query: { session: this.session, limit: 1 } });
      if (items.length > 0) return null;
    }
    return repoOfFolder(client, this.context.cwd, (text) => this.say(text));
  }

  private body(): BodyOf<'runsStart'> {
    const { command } = this.context;
    const prompt = this.prompt.join(' ');
    if (command !== null && command.length === 0) {
      throw usageError('Nothing stands after --', 'write the command: drover run -- npm test');
    }
    if (command === null && prompt.trim() === '') {
      throw usageError('A run needs a prompt', 'write it in quotes: drover run "fix the flaky test"');
    }
    if (command !== null && prompt !== '') {
      throw usageError('A run takes a prompt or a command, not both', 'remove the words before --');
    }
    if (this.inPlace && this.worktree) {
      throw usageError('--in-place and --worktree exclude each other', 'remove one of them');
    }
    if (this.inPlace && this.base !== undefined) {
      throw usageError('--base needs a worktree', 'remove --in-place, or check out the base yourself');
    }
    if (this.timeout !== undefined) parseSpan(this.timeout);
    return {
      ...(command === null ? { prompt } : { command: [...command] }),
      ...given('agent', this.agent ?? (command === null ? undefined : 'command')),
      ...given('model', this.model),
      ...given(
        'max_turns',
        this.maxTurns === undefined ? undefined : parseCount('--max-turns', this.maxTurns, 1),
      ),
      ...given(
        'max_cost_usd',
        this.maxCost === undefined ? undefined : parsePrice('--max-cost', this.maxCost),
      ),
      ...given(
        'max_tokens',
        this.maxTokens === undefined ? undefined : parseCount('--max-tokens', this.maxTokens, 1),
      ),
      ...given(
        'approval_mode',
        this.approval === undefined ? undefined : parseChoice('--approval', this.approval, approvalModeWords),
      ),
      ...given('run_label', this.label),
      ...given('name', this.name),
      ...given('session_id', this.session),
      ...given('worktree', this.inPlace ? false : this.worktree ? true : undefined),
      ...given('base', this.base),
      ...given('timeout', this.timeout),
    };
  }
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
