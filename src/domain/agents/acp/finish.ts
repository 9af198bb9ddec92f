import type { Outcome, ProcessExit } from '../adapter.ts';
import { oneLine } from '../bounded.ts';
import {
  finish as endDialog,
  endTurn as endDialogTurn,
  outcomeOfExit as outcomeOfEnd,
} from '../dialog/end.ts';
import type { RpcError } from '../dialog/rpc.ts';
import { update } from '../dialog/work.ts';
import { asFields, asText, type Fields } from '../fields.ts';
import { canceled, failed, succeeded } from '../outcome.ts';
import type { AcpState, Work } from './state.ts';
import { rpcCodes } from './wire.ts';

/** Some agents hand the status of their model's provider on as the code of the error, others in its words. */
const tooManyRequests = 429;
const saysTooMany = /\b429\b/;

/** Ends the conversation: nothing is read or said after it. */
export function finish(work: Work, outcome: Outcome): void {
  endDialog(work, outcome);
  update(work, { ...nothingOpen, phase: 'finished' });
}

/** Ends the turn, and the conversation with it unless something was said that is to be told next. */
export function endTurn(work: Work, outcome: Outcome): 'goes on' | 'finished' {
  if (endDialogTurn(work, outcome) === 'goes on') {
    update(work, nothingOpen);
    return 'goes on';
  }
  update(work, { ...nothingOpen, phase: 'finished' });
  return 'finished';
}

const nothingOpen = { prompt: null, statuses: [] };

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
  const said = sentenceOf(error);
  if (error.code === tooManyRequests)
    return failed('rate_limited', `The model’s provider refused for now (${tooManyRequests}): ${said}`);
  if (saysTooMany.test(said)) return failed('rate_limited', `The model’s provider refused for now: ${said}`);
  if (state.phase === 'session' && state.sessionId !== null)
    return failed('session_lost', `The agent cannot go on with the session '${state.sessionId}': ${said}`);
  return failed('agent_error', `The agent refused ${method}: ${said}`);
}

/** Its message, and what else it tells of the error: a text, an object with one, or any JSON. */
function sentenceOf({ message, data }: RpcError): string {
  const { details, message: inner } = asFields(data);
  const more = asText(data) ?? asText(details) ?? asText(inner) ?? (data === undefined ? '' : safeJson(data));
  return more === '' || more === message ? oneLine(message) : `${oneLine(message)} (${oneLine(more)})`;
}

/** How the process ended, where the protocol had not said it. */
export function outcomeOfExit(state: AcpState, exit: ProcessExit): Outcome {
  const when = state.phase === 'prompt' ? 'before it answered the prompt' : 'before it was ready';
  return outcomeOfEnd(state, exit, when);
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return ''; // nested too deeply to print: the message alone is the answer
  }
}
