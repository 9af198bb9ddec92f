import type { PlanEventName, PlanRole } from '../../../contract/index.ts';
import type { Guidance } from '../machine/state.ts';

/** A signal that an agent may send at this time: what it says, and the name of the file that says it. */
export type PromptSignal = {
  readonly event: PlanEventName;
  readonly file: string;
};

/** A command of `[verify]` that the daemon ran, and what came of it. */
export type PromptEvidence = {
  readonly command: string;
  readonly exitCode: number | null;
  readonly output: string;
};

/** All that a prompt may speak of. What is not there, or empty, is left out with the section around it. */
export type PromptFacts = {
  readonly role: PlanRole;
  /** The plan's name. */
  readonly plan: string;
  readonly title: string;
  readonly goal: string | null;
  /** The plan's markdown. */
  readonly content: string;
  readonly base: string;
  readonly branch: string;
  readonly round: number;
  readonly wave: number | null;
  readonly task: { readonly number: number; readonly title: string; readonly body: string } | null;
  /** Tasks that others do at the same time. */
  readonly peers: readonly { readonly number: number; readonly title: string }[];
  readonly feedback: string | null;
  /** A person's own words, from `plan decide`, and what they answer. */
  readonly guidance: Guidance | null;
  readonly evidence: readonly PromptEvidence[];
  readonly diffStat: string | null;
  /** Files that both sides changed. */
  readonly conflict: string | null;
  readonly selfFixMaxLines: number;
  readonly signals: readonly PromptSignal[];
  /** Why what the agent signalled was not accepted. */
  readonly refusal?: string | null;
  /** It has asked a person, who has let it go on. */
  readonly isAnswered?: boolean;
};

/** What is known when an agent's run has ended without its signal. */
export type AskFacts = Pick<PromptFacts, 'plan' | 'role' | 'signals' | 'guidance' | 'conflict'> & {
  readonly refusal: string | null;
  readonly isAnswered: boolean;
};
