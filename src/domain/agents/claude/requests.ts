import type { ApprovalAnswer } from '../adapter.ts';
import { boundInput, oneLine } from '../bounded.ts';
import { formRequest, formResult, readFields } from '../dialog/form.ts';
import { answerPending, nextKey, openPending } from '../dialog/pending.ts';
import { answersByName, maxQuestions, type Question, questionRequest } from '../dialog/questions.ts';
import { endMessage } from '../dialog/speech.ts';
import { maxPending, type Pending, type Request, toInbox, write } from '../dialog/work.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';
import { boundPaths, pathsOfInput } from '../paths.ts';
import type { ClaudeAsk, ClaudeWork } from './state.ts';
import { titleOf } from './tools.ts';
import { controlError, controlResponse } from './wire.ts';

/** An input is said back with an allowance as older versions want it, unless it is larger than this, in characters. */
export const maxEchoChars = 32 * 1024;
/** Rules beyond this many are not taken over. */
export const maxSuggestions = 16;

type Asked = { readonly ask: ClaudeAsk; readonly shown: Request };

/** A request of Claude Code: the use of a tool, a question, or something that drover does not have. */
export function onRequest(work: ClaudeWork, message: Fields): void {
  const id = asText(message.request_id);
  if (id === null) return;
  const request = asFields(message.request);
  const asked = readAsked(request);
  if (asked === null) {
    const what = oneLine(asText(request.subtype) ?? 'this request', 80);
    write(work, `refuse:${nextKey(work)}`, controlError(id, `drover does not offer ${what}`));
    return;
  }
  const { ask, shown } = asked;
  if (work.state.canceling) {
    const denial = { behavior: 'deny', message: 'The run is being canceled', interrupt: true };
    const no = ask.kind === 'form' ? { action: 'cancel' } : denial;
    write(work, `answer:${nextKey(work)}`, controlResponse(id, no));
    return;
  }
  endMessage(work);
  const toolCallId = asText(request.tool_use_id);
  const pending = openPending<ClaudeAsk, ClaudeWork['state']>(work, { id, toolCallId, ask });
  if (pending === 'repeated') return;
  if (pending === 'too_many') {
    const why = `More than ${maxPending} requests are open`;
    write(work, `refuse:${nextKey(work)}`, controlError(id, why));
    return;
  }
  toInbox(work, pending.key, shown);
}

/** Writes what was decided. */
export function answerRequest(work: ClaudeWork, pending: Pending<ClaudeAsk>, answer: ApprovalAnswer): void {
  const result = resultOf(pending.ask, answer);
  answerPending<ClaudeAsk, ClaudeWork['state']>(work, pending, controlResponse(String(pending.id), result));
}

function resultOf(ask: ClaudeAsk, answer: ApprovalAnswer): unknown {
  switch (ask.kind) {
    case 'permission':
      return decide(ask, answer);
    case 'question':
      return reply(ask, answer);
    case 'form':
      return formResult(ask.fields, answer);
  }
}

function readAsked(request: Fields): Asked | null {
  if (request.subtype === 'elicitation') return request.mode === 'url' ? null : readForm(request);
  if (request.subtype !== 'can_use_tool') return null;
  const input = asFields(request.input);
  const questions = request.tool_name === 'AskUserQuestion' ? readQuestions(input) : [];
  if (questions.length > 0) {
    const ask = { kind: 'question', input, questions } as const;
    return { ask, shown: questionRequest(questions, boundInput(input)) };
  }
  const suggestions = asList(request.permission_suggestions).map(asFields).slice(0, maxSuggestions);
  const isSmall = (JSON.stringify(input)?.length ?? 0) <= maxEchoChars;
  const ask = { kind: 'permission', input: isSmall ? input : null, suggestions } as const;
  return { ask, shown: permission(request, ask) };
}

/** An MCP server asks for something, through Claude Code. */
function readForm(request: Fields): Asked {
  const { message, requested_schema: schema } = request;
  const fields = readFields(asFields(schema));
  const shown = formRequest(fields, { message, schema, tool: asText(request.mcp_server_name) });
  return { ask: { kind: 'form', fields }, shown };
}

function permission(request: Fields, ask: Extract<ClaudeAsk, { kind: 'permission' }>): Request {
  const name = asText(request.tool_name) ?? 'tool';
  const lasting = { id: 'always', kind: 'allow_always', label: lastingLabel(ask.suggestions) };
  return {
    kind: 'permission',
    title: oneLine(asText(request.title) ?? titleOf(name, asFields(request.input))),
    tool: oneLine(name, 200),
    input: boundInput(request.input ?? null),
    paths: boundPaths(pathsOfInput(asFields(request.input))),
    options: [
      { id: 'allow', kind: 'allow_once', label: 'Allow' },
      ...(ask.suggestions.length === 0 ? [] : [lasting]),
      { id: 'deny', kind: 'reject_once', label: 'Deny' },
    ],
  };
}

function decide(ask: Extract<ClaudeAsk, { kind: 'permission' }>, answer: ApprovalAnswer): unknown {
  const { decision, optionId, text } = answer;
  if (decision === 'deny' || optionId === 'deny') {
    return { behavior: 'deny', message: text ?? 'The person who looks after this run does not allow it' };
  }
  const always = answer.always || optionId === 'always';
  return {
    behavior: 'allow',
    ...(ask.input !== null && { updatedInput: ask.input }),
    ...(always && ask.suggestions.length > 0 && { updatedPermissions: ask.suggestions.map(forThisSession) }),
  };
}

/** What an answer that lasts would allow, in the words of Claude Code's own rules. */
function lastingLabel(suggestions: readonly Fields[]): string {
  const words = suggestions.flatMap((suggestion) => {
    if (suggestion.type === 'setMode')
      return [suggestion.mode === 'acceptEdits' ? 'all edits' : `mode ${asText(suggestion.mode)}`];
    const folders = asList(suggestion.directories).flatMap((folder) => asText(folder) ?? []);
    const rules = asList(suggestion.rules)
      .map(asFields)
      .map(({ toolName, ruleContent }) => {
        const content = asText(ruleContent);
        return content === null ? (asText(toolName) ?? 'a tool') : `${asText(toolName)}(${content})`;
      });
    return [...rules, ...folders];
  });
  return oneLine(`Allow for this session: ${words.join(', ') || 'the same again'}`, 200);
}

/** A rule for good would be a file in the worktree: it holds for the session instead. */
function forThisSession(suggestion: Fields): Fields {
  return 'destination' in suggestion ? { ...suggestion, destination: 'session' } : suggestion;
}

function reply(ask: Extract<ClaudeAsk, { kind: 'question' }>, answer: ApprovalAnswer): unknown {
  if (answer.decision === 'deny') {
    return { behavior: 'deny', message: answer.text ?? 'The person does not want to answer this' };
  }
  return { behavior: 'allow', updatedInput: { ...ask.input, answers: answersByName(ask.questions, answer) } };
}

function readQuestions(input: Fields): Question[] {
  return asList(input.questions)
    .slice(0, maxQuestions)
    .map(asFields)
    .flatMap((question) => {
      const text = asText(question.question);
      if (text === null) return [];
      const choices = asList(question.options)
        .slice(0, maxQuestions)
        .map(asFields)
        .flatMap((option) => {
          const label = asText(option.label);
          return label === null ? [] : [{ label, description: asText(option.description) }];
        });
      return [{ name: text, text, choices }];
    });
}
