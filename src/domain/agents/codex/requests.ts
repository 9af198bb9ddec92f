import type { ApprovalAnswer } from '../adapter.ts';
import { boundInput, oneLine } from '../bounded.ts';
import { formRequest, formResult, readFields } from '../dialog/form.ts';
import { answerPending, nextKey, openPending } from '../dialog/pending.ts';
import { answersByName, maxQuestions, type Question, questionRequest } from '../dialog/questions.ts';
import type { Incoming } from '../dialog/rpc.ts';
import { endMessage } from '../dialog/speech.ts';
import { maxPending, type Pending, type Request, toInbox, write } from '../dialog/work.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';
import { boundPaths, type RequestPaths } from '../paths.ts';
import { commandOf } from './describe.ts';
import type { CodexAsk, CodexState, CodexWork } from './state.ts';
import { refusal, result, rpcCodes } from './wire.ts';

type Asked = { readonly ask: CodexAsk; readonly shown: Request };

/** A request of Codex: a permission, a question, or something that drover does not have. */
export function onRequest(work: CodexWork, message: Extract<Incoming, { kind: 'request' }>): void {
  const { id, method, params } = message;
  const asked = readAsked(work.state, method, params);
  if (asked === null || id === null) {
    const why = `drover does not offer ${oneLine(method, 80)}`;
    write(work, `refuse:${nextKey(work)}`, refusal(id, rpcCodes.methodNotFound, why));
    return;
  }
  if (work.state.canceling) {
    write(work, `answer:${nextKey(work)}`, result(id, answerOf(asked.ask, noAnswer)));
    return;
  }
  endMessage(work);
  const toolCallId = asText(params.itemId);
  const pending = openPending<CodexAsk, CodexState>(work, { id, toolCallId, ask: asked.ask });
  if (pending === 'repeated') return;
  if (pending === 'too_many') {
    write(
      work,
      `refuse:${nextKey(work)}`,
      refusal(id, rpcCodes.busy, `More than ${maxPending} requests are open`),
    );
    return;
  }
  toInbox(work, pending.key, asked.shown);
}

/** Writes what was decided. */
export function answerRequest(work: CodexWork, pending: Pending<CodexAsk>, answer: ApprovalAnswer): void {
  answerPending<CodexAsk, CodexState>(work, pending, result(pending.id, answerOf(pending.ask, answer)));
}

const noAnswer: ApprovalAnswer = { decision: 'deny', always: false, optionId: null, text: null };
const lasting = { id: 'always', kind: 'allow_always', label: 'Allow for this session' };
const options = [
  { id: 'allow', kind: 'allow_once', label: 'Allow' },
  lasting,
  { id: 'deny', kind: 'reject_once', label: 'Deny' },
];

function readAsked(state: CodexState, method: string, params: Fields): Asked | null {
  const because = asText(params.reason);
  const titled = (title: string) =>
    oneLine(because === null || because === '' ? title : `${title} (${because})`);
  switch (method) {
    case 'item/commandExecution/requestApproval': {
      const input = { command: params.command ?? null, cwd: params.cwd ?? null, reason: because };
      const network = asFields(params.networkApprovalContext);
      const host = asText(network.host);
      const title = host === null ? `Run ${commandOf(params)}` : `Reach ${host}`;
      return decision(titled(title), host === null ? 'shell' : 'network', { input, paths: [] });
    }
    case 'item/fileChange/requestApproval': {
      const edit = state.edits.find(({ id }) => id === params.itemId);
      const root = asText(params.grantRoot);
      return decision(titled(edit?.title ?? 'Edit files'), 'edit', {
        input: edit?.input ?? { grantRoot: root },
        paths: withRoot(edit?.paths ?? null, root),
      });
    }
    case 'item/permissions/requestApproval': {
      const permissions = asFields(params.permissions);
      const about = { input: permissions, paths: [] };
      const shown = permission(titled('More rights than the sandbox gives'), 'permissions', about);
      return { ask: { kind: 'permissions', permissions }, shown };
    }
    case 'item/tool/requestUserInput': {
      const questions = readQuestions(params);
      return {
        ask: { kind: 'questions', questions },
        shown: questionRequest(questions, boundInput(params.questions ?? null)),
      };
    }
    case 'mcpServer/elicitation/request':
      return readForm(params);
    default:
      return null;
  }
}

type About = { readonly input: unknown; readonly paths: RequestPaths };

function decision(title: string, tool: string, about: About): Asked {
  return { ask: { kind: 'decision' }, shown: permission(title, tool, about) };
}

function permission(title: string, tool: string, { input, paths }: About): Request {
  return { kind: 'permission', title, tool, input: boundInput(input), paths, options };
}

/** An edit that would open a whole folder is about that folder too. */
function withRoot(paths: RequestPaths, root: string | null): RequestPaths {
  return paths === null || root === null ? paths : boundPaths([...paths, root]);
}

function readForm(params: Fields): Asked | null {
  if (params.mode !== 'form') return null;
  const fields = readFields(asFields(params.requestedSchema));
  const { message, requestedSchema: schema } = params;
  const shown = formRequest(fields, { message, schema, tool: asText(params.serverName) });
  return { ask: { kind: 'form', fields }, shown };
}

/** The answer in the shape that the request wants. A no never ends the whole turn: the agent may go on without. */
function answerOf(ask: CodexAsk, answer: ApprovalAnswer): unknown {
  const isNo = answer.decision === 'deny' || answer.optionId === 'deny';
  const isLasting = answer.always || answer.optionId === lasting.id;
  switch (ask.kind) {
    case 'decision':
      return { decision: isNo ? 'decline' : isLasting ? 'acceptForSession' : 'accept' };
    case 'permissions':
      return { permissions: isNo ? {} : ask.permissions, scope: isLasting && !isNo ? 'session' : 'turn' };
    case 'questions': {
      const given = isNo ? {} : answersByName(ask.questions, answer);
      const answers = Object.entries(given).map(([name, text]) => [name, { answers: [text] }]);
      return { answers: Object.fromEntries(answers) };
    }
    case 'form': {
      const { action, content = null } = formResult(ask.fields, answer);
      return { action, content, _meta: null };
    }
  }
}

function readQuestions(params: Fields): Question[] {
  return asList(params.questions)
    .slice(0, maxQuestions)
    .map(asFields)
    .flatMap((question) => {
      const name = asText(question.id);
      const text = asText(question.question);
      if (name === null || text === null) return [];
      const choices = asList(question.options)
        .slice(0, maxQuestions)
        .map(asFields)
        .flatMap((option) => {
          const label = asText(option.label);
          return label === null ? [] : [{ label, description: asText(option.description) }];
        });
      return [{ name, text, choices }];
    });
}
