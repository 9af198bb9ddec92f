import type { Outcome, ProcessExit } from '../adapter.ts';
import { oneLine } from '../bounded.ts';
import { canceled, describeExit, failed, succeeded } from '../outcome.ts';
import { endMessage } from './message.ts';
import { type AcpState, update, type Work } from './state.ts';
import { asText, type Fields, type RpcError, rpcCodes } from './wire.ts';

/** Ends the conversation: open message completed, open requests withdrawn, nothing after it. */
export function finish(work: Work, outcome: Outcome): void {
  endMessage(work);
  for (const pending of work.state.pending) {
    work.effects.push({ kind: 'withdrawn', key: pending.key, reason: 'The agent ended its turn' });
  }
  work.effects.push({ kind: 'finish', outcome });
  update(work, { phase: 'finished', outcome, prompt: null, pending: [], answered: [], tools: [] });
}

/** What a stop reason means for the run. */
export function outcomeOfStop(state: AcpState, result: Fields): Outcome {
  const stop = asText(result.stopReason);
  switch (stop) {
    case 'end_turn':
      return succeeded;
    case 'cancelled':
      return canceled(state.canceling ? null : 'The agent ended its turn as cancelled');
    case 'max_turn_requests':
      return failed('max_turns', 'The agent reached its own limit of turns');
    case 'max_tokens':
      return failed('max_tokens', 'The agent reached its limit of tokens');
    case 'refusal':
      return failed('agent_error', 'The agent refused to go on');
    default:
      return failed(
        'protocol_error',
        stop === null
          ? 'The agent ended its turn without a reason'
          : `The agent ended its turn for a reason unknown to drover: '${oneLine(stop, 80)}'`,
      );
  }
}

/** What an error in answer to one of drover's requests means for the run. */
export function outcomeOfError(state: AcpState, method: string, error: RpcError): Outcome {
  if (state.canceling) return canceled(null);
  if (error.code === rpcCodes.authRequired) {
    const ways = state.signIn.length === 0 ? '' : ` (${state.signIn.join(', ')})`;
    return failed(
      'auth_required',
      `The agent wants you to sign in: run it once in a terminal and sign in${ways}, then retry the run`,
    );
  }
  const details = asText(error.data) ?? (error.data === undefined ? '' : safeJson(error.data));
  const more = details === '' ? '' : ` (${oneLine(details)})`;
  return failed('agent_error', `The agent refused ${method}: ${oneLine(error.message)}${more}`);
}

/** How the process ended, where the protocol had not said it. */
export function outcomeOfExit(state: AcpState, exit: ProcessExit): Outcome {
  if (state.outcome !== null) return state.outcome;
  if (state.canceling) return canceled(null);
  const when = state.phase === 'prompt' ? 'before it answered the prompt' : 'before it was ready';
  const words = state.lastWords === null ? '' : `: ${state.lastWords}`;
  return failed('agent_exited', `The agent ${describeExit(exit)} ${when}${words}`);
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return ''; // nested too deeply to print: the message alone is the answer
  }
}
