import { formRequest, readFields } from '../dialog/form.ts';
import { nextKey } from '../dialog/pending.ts';
import type { RpcId } from '../dialog/rpc.ts';
import { endMessage } from '../dialog/speech.ts';
import { toInbox, write } from '../dialog/work.ts';
import { asFields, asText, type Fields } from '../fields.ts';
import { openPending } from './pending.ts';
import type { Work } from './state.ts';
import { encodeError, encodeResult, rpcCodes } from './wire.ts';

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
  const pending = openPending(work, { id: rpcId, toolCallId, ask: { kind: 'question', fields } });
  if (pending === null) return;
  const shown = { message: params.message, schema: params.requestedSchema, tool: null };
  toInbox(work, pending.key, formRequest(fields, shown));
}
