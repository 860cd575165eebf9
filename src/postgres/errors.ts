import pg from 'pg';

/**
 * Not there (08), starting, stopping, cancelled (57), out of resources (53), broken (58, XX),
 * in the way of a generation's promotion (40, 55); not yet built (42P01, 3D).
 */
const UNAVAILABLE_STATES = /^(08|40|53|55|57|58|XX|3D|42P01$)/;
/** What the driver says when it got no answer; it gives no code with these. */
const DRIVER_SAYS = /^(Connection terminated|timeout |Query read timeout|Client (has|was) |Cannot use a pool)/;
const SYSTEM_CODES = /^(E[A-Z]{3,}|CONNECTION_)/;

/** Whether a query failed because Postgres cannot answer it now, and not because the query is wrong. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable); // one per address tried
  if (error instanceof pg.DatabaseError) return UNAVAILABLE_STATES.test(error.code ?? '');
  const { code } = error as { code?: unknown };
  return (typeof code === 'string' && SYSTEM_CODES.test(code)) || DRIVER_SAYS.test(error.message);
}
