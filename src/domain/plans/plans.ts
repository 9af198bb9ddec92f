import {
  AppError,
  agentPlanEvents,
  type CreatePlan,
  operatorPlanEvents,
  type Page,
  type PlanEventName,
  type PlanSummary,
  planEventOf,
  type Signal,
  type UpdatePlan,
} from '../../contract/index.ts';
import {
  findSignal,
  getPlan,
  listPlans,
  listSignals,
  type PlanFilter,
  type PlanRow,
  planCountsByRepo,
  type SignalFilter,
  type SignalRow,
  type Transaction,
} from '../../foundation/store/index.ts';
import type { Speaker } from './attribute.ts';
import { changePlanText, createPlan } from './create.ts';
import { createJudge } from './ended-runs.ts';
import { seekPlan } from './find.ts';
import { createOutbox } from './outbox.ts';
import type { PlansDeps } from './ports.ts';
import { receive, type Said } from './receive.ts';
import { speakerAgain } from './said-again.ts';
import { createStaleness } from './staleness.ts';
import { type PlanAlone, viewPlan, viewSignal, viewSummaries } from './view.ts';

/** A repository, as far as plans need to know it. */
export type PlanRepo = { readonly id: string; readonly project: string };

/** Something that a person or a run says, before its event was looked at. */
export type SaidOfPlan = {
  readonly plan: string;
  readonly event: string;
  readonly wave?: number | undefined;
  readonly task?: number | undefined;
  readonly body?: string | undefined;
};

/** Who says it, and what is done in the transaction of the receipt with what is answered; not where that is an error. */
export type SaidBy<T> = {
  readonly speaker: Speaker;
  readonly also?: ((tx: Transaction, answer: T) => void) | undefined;
};

/** The plans of this daemon. */
export type Plans = {
  readonly create: (
    repo: PlanRepo,
    request: CreatePlan,
    also?: (tx: Transaction, plan: PlanAlone) => void,
  ) => Promise<PlanAlone>;
  readonly update: (repo: PlanRepo, ref: string, request: UpdatePlan) => Promise<PlanAlone>;
  readonly show: (repo: PlanRepo, ref: string) => PlanAlone;
  readonly list: (
    repo: PlanRepo,
    options: {
      readonly limit: number;
      readonly cursor: string | undefined;
      readonly status: PlanFilter['status'];
    },
  ) => Page<PlanSummary>;
  /** Says something of a plan; what is refused throws `plan_refused`, and has a receipt. */
  readonly say: (repo: PlanRepo, said: SaidOfPlan, by: SaidBy<PlanAlone>) => Promise<PlanAlone>;
  /** Says something of a plan and gives the receipt, whatever became of it. */
  readonly signal: (repo: PlanRepo, said: SaidOfPlan, by: SaidBy<Signal>) => Promise<Signal>;
  /** Applies what came in a file, once by its id. */
  readonly receiveFile: (said: Said & { readonly id: string }) => Promise<Signal>;
  /** Says it again, for whoever said it. Throws `plan_refused` where that is not known. */
  readonly retrySignal: (repo: PlanRepo, id: string, also?: SaidBy<Signal>['also']) => Promise<Signal>;
  readonly signals: (
    repo: PlanRepo,
    options: {
      readonly limit: number;
      readonly cursor: string | undefined;
      readonly plan: string | undefined;
      readonly status: SignalFilter['status'];
    },
  ) => Page<Signal>;
  /** Plans at work and waiting for a decision, by repository. */
  readonly countsByRepo: () => ReturnType<typeof planCountsByRepo>;
  /** Goes on with what an earlier daemon left. Call once, when runs are taken over. */
  readonly recover: () => void;
  /** Looks for what nobody told of. */
  readonly tick: () => void;
  /** Starts nothing more, and resolves when nothing is under way. */
  readonly close: () => Promise<void>;
};

/** Makes the room; nothing moves before `recover`. */
export function createPlans(deps: PlansDeps): Plans {
  const { store, log } = deps;
  const outbox = createOutbox(deps);
  const staleness = createStaleness(deps);
  const judge = createJudge(deps, outbox.tick);
  let isOn = false;

  const tick = () => {
    if (!isOn) return;
    try {
      judge.tick();
      outbox.tick();
    } catch (error) {
      log.warn('plans could not be looked at', { err: error }); // the next look is never far
    }
  };
  store.onCommit((events) => {
    if (events.some(({ type }) => type === 'run.finished' || type.startsWith('plan.'))) tick();
  });

  const seek = (repo: PlanRepo, ref: string) => store.read((sql) => seekPlan(sql, repo.id, ref));
  const find = (repo: PlanRepo, ref: string): PlanRow => {
    const row = seek(repo, ref);
    if (row !== undefined) return row;
    throw new AppError('plan_not_found', `${repo.project} has no plan '${ref}'`, {
      hint: 'list them with: drover plan list',
    });
  };
  const view = (repo: PlanRepo, key: number): PlanAlone =>
    store.read((sql) => viewPlan(sql, getPlan(sql, key), repo.project));

  const receiveSaid = (
    repo: PlanRepo,
    said: SaidOfPlan,
    by: Pick<Said, 'speaker' | 'also'>,
  ): Promise<SignalRow> => {
    const event = eventOf(said.event);
    return receive(deps, {
      repoId: repo.id,
      plan: seek(repo, said.plan)?.name ?? said.plan,
      event,
      wave: said.wave ?? null,
      task: said.task ?? null,
      body: said.body ?? '',
      ...by,
    });
  };

  return {
    create: async (repo, request, also) => {
      const row = await createPlan(deps, repo.id, request, (tx, made) =>
        also?.(tx, viewPlan(tx, made, repo.project)),
      );
      return view(repo, row.key);
    },
    update: async (repo, ref, request) =>
      view(repo, (await changePlanText(deps, find(repo, ref), request)).key),
    show: (repo, ref) => view(repo, find(repo, ref).key),
    list: (repo, { limit, cursor, status }) => {
      const beforeKey = cursor === undefined ? null : keyOfCursor(cursor);
      const rows = store.read((sql) =>
        listPlans(sql, { repoId: repo.id, beforeKey, status, limit: limit === 0 ? 0 : limit + 1 }),
      );
      const items = limit === 0 ? rows : rows.slice(0, limit);
      const last = items.at(-1);
      return {
        items: store.read((sql) => viewSummaries(sql, items, repo.project)),
        next_cursor: rows.length > items.length && last !== undefined ? String(last.key) : null,
      };
    },
    say: async (repo, said, { speaker, also }) => {
      const plan = find(repo, said.plan);
      const tell: Said['also'] = (tx, { status }) => {
        if (status === 'done') also?.(tx, viewPlan(tx, getPlan(tx, plan.key), repo.project));
      };
      const { status, reason } = await receiveSaid(repo, said, { speaker, also: also && tell });
      if (status === 'done') return view(repo, plan.key);
      throw new AppError('plan_refused', `The plan '${plan.name}' does not move: ${reason}`, {
        hint: `look at it with: drover plan show ${plan.name}`,
      });
    },
    signal: async (repo, said, { speaker, also }) =>
      viewSignal(await receiveSaid(repo, said, { speaker, also: withView(also) })),
    receiveFile: async (said) => viewSignal(await receive(deps, said)),
    retrySignal: async (repo, id, also) => {
      const row = store.read((sql) => findSignal(sql, id));
      if (row === undefined || row.repoId !== repo.id)
        throw new AppError('signal_not_found', `${repo.project} has no signal '${id}'`, {
          hint: 'list them with: drover signal list',
        });
      const { event, wave, task, body } = row;
      return viewSignal(
        await receive(deps, {
          repoId: repo.id,
          plan: row.planName,
          event,
          wave,
          task,
          body,
          speaker: speakerAgain(row),
          also: withView(also),
        }),
      );
    },
    signals: (repo, { limit, cursor, plan, status }) => {
      const planKey = plan === undefined ? null : find(repo, plan).key;
      const rows = store.read((sql) =>
        listSignals(sql, {
          repoId: repo.id,
          planKey,
          status,
          before: cursor ?? null,
          limit: limit === 0 ? 0 : limit + 1,
        }),
      );
      const items = limit === 0 ? rows : rows.slice(0, limit);
      return {
        items: items.map(viewSignal),
        next_cursor: rows.length > items.length ? (items.at(-1)?.id ?? null) : null,
      };
    },
    countsByRepo: () => store.read(planCountsByRepo),
    recover: () => {
      isOn = true;
      staleness.start();
      tick();
    },
    tick,
    close: async () => {
      isOn = false;
      await staleness.close();
      await judge.close();
      await outbox.close();
    },
  };
}

/** What is done with a receipt, of its row. */
function withView(also: SaidBy<Signal>['also']): Said['also'] {
  return also && ((tx, row) => also(tx, viewSignal(row)));
}

/** The event that a person or a program names. Throws `invalid_request`. */
function eventOf(text: string): PlanEventName {
  const name = planEventOf(text);
  if (name !== null) return name;
  throw new AppError('invalid_request', `'${text}' is nothing that can be said of a plan`, {
    hint: `one of: ${[...agentPlanEvents, ...operatorPlanEvents].join(', ')}`,
  });
}

function keyOfCursor(cursor: string): number {
  const key = Number(cursor);
  if (Number.isSafeInteger(key) && key > 0) return key;
  throw new AppError('invalid_request', `'${cursor}' is not a cursor of this list`, {
    hint: 'start without one',
  });
}
