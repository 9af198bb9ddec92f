import { AppError, type Approval, type Page, type Run, type RunStatus } from '../../contract/index.ts';
import { listApprovals, listRuns, type RunRow, type Store } from '../../foundation/store/index.ts';
import { ownerOfSession } from './session.ts';
import { viewApproval } from './view.ts';

/** A page of runs; `limit` 0 = all. */
export type ListRuns = {
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly status?: RunStatus | 'live' | 'ended' | undefined;
  readonly repoId?: string | undefined;
  /** Only runs that go on with one conversation: named by the agent's own id, or by a run of it. */
  readonly session?: string | undefined;
};

/** A page of approvals; `limit` 0 = all. */
export type ListApprovals = {
  readonly status: 'pending' | 'past' | 'all';
  readonly limit: number;
  readonly cursor: string | undefined;
};

/** Runs newest first. The cursor is a place, not a run: retention may remove the run that stood there. */
export function pageOfRuns(
  store: Store,
  { limit, cursor, status, repoId, session }: ListRuns,
  view: (row: RunRow) => Run,
): Page<Run> {
  const rows = store.read((sql) => {
    const owner = session === undefined ? null : ownerOfSession(sql, session);
    if (owner === undefined) return [];
    return listRuns(sql, {
      beforeKey: cursor === undefined ? null : placeOf(cursor),
      status: status ?? null,
      repoId: repoId ?? null,
      placeOf: owner,
      limit: oneMore(limit),
    });
  });
  return pageOf(rows, limit, { view, cursorOf: (run) => String(run.key) });
}

/** Pending approvals oldest first, others newest first. */
export function pageOfApprovals(store: Store, { limit, cursor, status }: ListApprovals): Page<Approval> {
  const rows = store.read((sql) =>
    listApprovals(sql, { status, cursor: cursor ?? null, limit: oneMore(limit) }),
  );
  return pageOf(rows, limit, { view: viewApproval, cursorOf: (approval) => approval.id });
}

function placeOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new AppError('invalid_request', `'${cursor}' is no cursor of this list`, {
    hint: 'use next_cursor of the page before',
  });
}

/** One row more than asked for tells whether there is a next page. */
function oneMore(limit: number): number {
  return limit === 0 ? 0 : limit + 1;
}

function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  { view, cursorOf }: { readonly view: (row: Row) => Item; readonly cursorOf: (row: Row) => string },
): Page<Item> {
  const hasMore = limit > 0 && rows.length > limit;
  const shown = hasMore ? rows.slice(0, limit) : rows;
  const last = shown.at(-1);
  return { items: shown.map(view), next_cursor: hasMore && last !== undefined ? cursorOf(last) : null };
}
