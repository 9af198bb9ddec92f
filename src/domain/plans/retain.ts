import { deleteOldPlanRecords, type Store } from '../../foundation/store/index.ts';

const dayMs = 86_400_000;
/** Rows of each kind that are deleted in one transaction, so that the event loop is never held for long. */
const chunkRows = 500;

/**
 * Removes what is older than so many days and no plan needs any more: receipts, evidence and actions that were carried out,
 * of plans that have ended; and receipts of no plan. 0 days: for ever.
 */
export async function removeOldPlanRecords(
  store: Store,
  { days, now }: { readonly days: number; readonly now: number },
): Promise<void> {
  if (days === 0) return;
  const of = { before: now - days * dayMs, limit: chunkRows };
  while ((await store.write((tx) => deleteOldPlanRecords(tx, of))) > 0) {
    // each chunk is a transaction, with room for others between
  }
}
