import { type RawBuilder, sql } from 'kysely';

/** How much sooner or later than the time that it is of an item usually becomes known. */
type Usually = { readonly sooner: `${number} hours`; readonly later: `${number} hours` };

/**
 * Parts for `pageOf` of a list in which a period is asked for by a time of the items' own, while its order is that in
 * which they became known: most lie about the period, and are reached without a walk there from the newest. The few that
 * became known unusually late come first, those unusually soon last; each view has small indexes of just these.
 */
export function partsOf(
  column: 'started_at' | 'starts_at',
  { from, to }: { readonly from?: Date | undefined; readonly to?: Date | undefined },
  { sooner, later }: Usually,
): readonly RawBuilder<boolean>[] {
  // To plan three parts takes longer than to walk to what has just been.
  if (to === undefined || to.getTime() > Date.now() - RECENT_MS) return [sql`true`];
  const [time, known] = [sql.ref(column), sql.ref('created_at')];
  const hours = (text: string) => sql`interval ${sql.lit(text)}`;
  const end = sql`${to}::timestamptz + ${hours(later)}`;
  const late = sql<boolean>`${known} >= ${end} and ${known} - ${time} > ${hours(later)}`;
  if (from === undefined) return [late, sql`${known} < ${end}`];
  const begin = sql`${from}::timestamptz - ${hours(sooner)}`;
  const soon = sql<boolean>`${known} < ${begin} and ${time} - ${known} > ${hours(sooner)}`;
  return [late, sql`${known} >= ${begin} and ${known} < ${end}`, soon];
}

const RECENT_MS = 24 * 3_600_000;
