import type { ApprovalAnswer, ApprovalRequest } from '../../agents/index.ts';
import type { JudgedRun, Rule } from './rules.ts';

/** What is decided without a person. */
export type Decision = {
  readonly status: 'allowed' | 'denied';
  readonly reason: string;
  readonly answer: ApprovalAnswer;
};

/** What becomes of a request: it is decided, or put to a person, for a time and with what follows it. */
export type Verdict =
  | ({ readonly kind: 'decided' } & Decision)
  | {
      readonly kind: 'person';
      /** 0: as long as it takes. */
      readonly timeoutMs: number;
      /** How it is answered when the time is over; null where it never is. */
      readonly fallback: 'allow' | 'deny' | null;
    };

/** The configuration's `[policy]` at this moment. */
export type Policy = {
  readonly rules: readonly Rule[];
  /** Of the agent of this name. */
  readonly timeoutMsOf: (agent: string) => number;
  readonly fallback: 'allow' | 'deny';
};

/** Judges a request: by the rules, then by the mode of its run, else by a person. */
export function judge(run: JudgedRun, request: ApprovalRequest, policy: Policy): Verdict {
  const decision = decide(run, request, policy.rules);
  if (decision !== null) return { kind: 'decided', ...decision };
  const timeoutMs = policy.timeoutMsOf(run.agent);
  return { kind: 'person', timeoutMs, fallback: timeoutMs === 0 ? null : fallbackOf(request, policy) };
}

/** Nobody says no to a question by their silence, but no answer is one; and what was not offered is not granted. */
function fallbackOf(request: ApprovalRequest, { fallback }: Policy): 'allow' | 'deny' {
  return request.kind === 'permission' && offers(request, 'allow_once') ? fallback : 'deny';
}

/**
 * What the first rule that matches says, else the mode; null for a person. A question is for a person always. A rule and
 * the mode `auto` allow once or not at all: where an agent can only be allowed for good, a person decides that.
 */
export function decide(run: JudgedRun, request: ApprovalRequest, rules: readonly Rule[]): Decision | null {
  if (request.kind === 'question') return null;
  const rule = rules.find((each) => each.matches(run, request));
  if (rule !== undefined) return byRule(rule, request);
  const reason = `Approval mode ${run.approvalMode}`;
  switch (run.approvalMode) {
    case 'ask':
      return null;
    case 'auto':
      return allowOnce(request, reason);
    case 'unrestricted':
      return allowOnce(request, reason) ?? allowForGood(request, { run, rules, reason });
  }
}

function byRule({ number, decision, reason }: Rule, request: ApprovalRequest): Decision | null {
  const why = `Rule ${number} of [policy]: ${reason}`;
  switch (decision) {
    case 'ask':
      return null;
    case 'allow':
      return allowOnce(request, why);
    case 'deny':
      return {
        status: 'denied',
        reason: why,
        answer: answer('deny', { text: `Denied by a rule of drover: ${reason}` }),
      };
  }
}

function allowOnce(request: ApprovalRequest, reason: string): Decision | null {
  return offers(request, 'allow_once') ? { status: 'allowed', reason, answer: answer('allow') } : null;
}

/**
 * Only where nothing less is offered. An agent that is allowed for good does not ask again, and what it does not ask no
 * rule can deny; some keep it longer than the run, and Gemini CLI fails the call in a folder that it does not trust.
 */
function allowForGood(
  request: ApprovalRequest,
  { run, rules, reason }: { run: JudgedRun; rules: readonly Rule[]; reason: string },
): Decision | null {
  if (!offers(request, 'allow_always')) return null;
  if (rules.some((each) => each.decision !== 'allow' && each.isAboutRun(run))) return null;
  return { status: 'allowed', reason, answer: answer('allow', { always: true }) };
}

function offers({ options }: ApprovalRequest, kind: string): boolean {
  return options.some((option) => option.kind === kind);
}

/** An answer that names no option of the agent's: its adapter finds the one that fits. */
export function answer(
  decision: ApprovalAnswer['decision'],
  { always = false, text = null }: { readonly always?: boolean; readonly text?: string | null } = {},
): ApprovalAnswer {
  return { decision, always, optionId: null, text };
}
