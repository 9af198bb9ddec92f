import { formRequest, readFields } from '../dialog/form.ts';
import { endMessage } from './message.ts';
import { nextKey, openPending } from './pending.ts';
import { type Work, write } from './state.ts';
import { asFields, asText, encodeError, encodeResult, type Fields, type RpcId, rpcCodes } from './wire.ts';

/** `elicitation/create`: the agent asks a question. Only forms were announced; a link to open is refused. */
export function onQuestion(work: Work, rpcId: RpcId, params: Fields): void {
  if (work.state.canceling) {
    write(work, `answer:${nextKey(work)}`, encodeResult(rpcId, { action: 'cancel' }));
    return;
  }
  if (params.mode !== 'form') {
    const message = 'drover answers questions of mode form only';
    write(work, `refuse:${nextKey(work)}`, encodeError(rpcId, rpcCodes.invalidParams, message));
    return;
  }
  endMessage(work);
  const fields = readFields(asFields(params.requestedSchema));
  const toolCallId = asText(params.toolCallId);
  const pending = openPending(work, { rpcId, toolCallId, ask: { kind: 'question', fields } });
  if (pending === null) return;
  const shown = { message: params.message, schema: params.requestedSchema, tool: null };
  work.effects.push({ kind: 'approval', key: pending.key, request: formRequest(fields, shown) });
}
