import { oneLine } from '../bounded.ts';
import { noteArrived } from '../dialog/pending.ts';
import type { Incoming } from '../dialog/rpc.ts';
import { notice, update } from '../dialog/work.ts';
import type { Fields } from '../fields.ts';
import { endTurn, finish, outcomeOfError, outcomeOfStop } from './finish.ts';
import { onInitialized, onSession, sendHeld, sendSetup } from './handshake.ts';
import { modeAgain } from './setup.ts';
import type { AcpState, Work } from './state.ts';
import { notePromptArrived } from './updates.ts';
import { noteTurnUsage } from './usage.ts';
import { promptId, rpcIds } from './wire.ts';

/** An answer is taken once, in its phase; a second one, or one to nothing that was asked, changes nothing. */
export function readResponse(work: Work, message: Extract<Incoming, { kind: 'response' }>): void {
  const { phase } = work.state;
  const waited = waitedFor(work.state);
  if (waited === null || message.id !== waited.id) {
    const last = promptId(work.state.promptNumber);
    const isRepeat =
      typeof message.id === 'number' &&
      ((message.id >= 1 && message.id <= last) || message.id >= rpcIds.mode);
    if (isRepeat || work.state.strayTold) return;
    update(work, { strayTold: true });
    notice(
      work,
      `The agent answered a request that drover never made (${oneLine(JSON.stringify(message.id))})`,
    );
    return;
  }
  if (phase === 'prompt') notePromptArrived(work);
  else work.effects.push({ kind: 'arrived', key: waited.key });
  if (phase === 'prompt') noteArrived(work, null);
  if (message.error !== null) finish(work, outcomeOfError(work.state, waited.method, message.error));
  else if (phase === 'initialize') onInitialized(work, message.result);
  else if (phase === 'session') onSession(work, message.result);
  else if (phase === 'config') onSet(work);
  else onStop(work, message.result);
}

/** A setting is made. While a history is still being told, what is new would be lost in it: the mode is set once more. */
function onSet(work: Work): void {
  const { settings, wasReplayed } = work.state;
  const [done, ...rest] = settings;
  const isUnsettled = wasReplayed && done !== undefined && done.id >= rpcIds.mode;
  sendSetup(work, isUnsettled ? [modeAgain(done), ...rest] : rest);
}

function waitedFor(state: AcpState): { id: number; key: string; method: string } | null {
  switch (state.phase) {
    case 'initialize':
      return { id: rpcIds.initialize, key: 'initialize', method: 'initialize' };
    case 'session':
      return { id: rpcIds.session, key: 'session/open', method: 'to open a session' };
    case 'config': {
      const [first] = state.settings;
      return first === undefined ? null : { ...first, method: first.what };
    }
    case 'prompt':
      return { id: promptId(state.promptNumber), key: state.promptKey, method: 'the prompt' };
    case 'finished':
      return null;
  }
}

function onStop(work: Work, result: Fields): void {
  noteTurnUsage(work, result);
  if (work.state.canceling) work.effects.push({ kind: 'arrived', key: 'session/cancel' });
  if (endTurn(work, outcomeOfStop(work.state, result)) === 'goes on') sendHeld(work);
}
