import type { Sql } from '../sql.ts';

/** Ports that belong to one run. */
export type PortBlock = { readonly base: number; readonly count: number };

/** The ports of every run that has not ended. */
export function livePortBlocks(sql: Sql): readonly PortBlock[] {
  return sql
    .all('SELECT port_base, port_count FROM runs WHERE ended_at IS NULL AND port_base IS NOT NULL')
    .map(({ port_base: base, port_count: count }) => ({ base: Number(base), count: Number(count) }));
}

/** The first port that the newest run in the place of the run `placeId` had, or null. */
export function lastPortBaseOfPlace(sql: Sql, placeId: string): number | null {
  const row = sql.get(
    `SELECT port_base FROM runs WHERE (id = ? OR place_of = ?) AND port_base IS NOT NULL
     ORDER BY key DESC LIMIT 1`,
    placeId,
    placeId,
  );
  return row === undefined ? null : Number(row.port_base);
}
