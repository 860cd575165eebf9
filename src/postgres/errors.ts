import pg from 'pg';

/** What poolers answer with, and nothing that quotes a value. */
const PROTOCOL_VIOLATION = '08P01';
const READ_ONLY = '25006';

type Thrown = { readonly message?: unknown; readonly code?: unknown; readonly name?: unknown };

/** An error's text without values, which Postgres and parsers quote. Accepts the plain copies that pg-boss emits. */
export function safeErrorMessage(error: unknown): string {
  if (typeof error !== 'object' || error === null)
    return typeof error === 'string' ? withoutCredentials(error) : `${typeof error} was thrown`;
  const { code, message, name } = error as Thrown;
  if (isOfPostgres(error)) {
    const { constraint, table } = error as Partial<pg.DatabaseError>;
    if (code === PROTOCOL_VIOLATION) return `Postgres ${code}: ${message}`;
    if (code === READ_ONLY) return `Postgres ${code}: it is read-only here, as a replica is`;
    return `Postgres ${code}${constraint ? ` (${constraint})` : ''}${table ? ` on ${table}` : ''}`;
  }
  if (error instanceof SyntaxError) return error.name;
  const words = typeof message === 'string' ? withoutCredentials(message) : '';
  if (typeof code === 'string' && !words.includes(code)) return words ? `${code} ${words}` : code;
  if (words) return words;
  // One for each address that was tried.
  if (error instanceof AggregateError) return [...new Set(error.errors.map(safeErrorMessage))].join(', ') || error.name;
  return typeof name === 'string' ? name : 'an object was thrown';
}

/** An error's code and where it was thrown, without its message, which may quote a row or a parsed text. */
export function originOf(error: Error): { readonly code?: string; readonly frames: readonly string[] } {
  const { code } = error as Thrown;
  const lines = (error.stack ?? '').replace(error.message, '').split('\n');
  return {
    ...(typeof code === 'string' && { code }),
    frames: lines.filter((line) => line.startsWith('    at ')).map((line) => line.slice('    at '.length)),
  };
}

/** Also a copy: only the server's own answers have a severity beside the code. */
const isOfPostgres = (error: object): boolean =>
  error instanceof pg.DatabaseError || ('severity' in error && 'code' in error && typeof error.code === 'string');

/** User and password of any address, also one that cannot be parsed. */
const withoutCredentials = (text: string): string => text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)\S*@/gi, '$1…@');

/** A value is refused (22, 23), a row or an index cannot hold it (54), a key comes twice in one statement (21). */
const REFUSED_STATES = /^(21|22|23|54)/;
/**
 * Not there (08), starting, stopping, cancelled (57), out of resources (53), broken (58, XX),
 * in the way of a generation's promotion (40, 55); not yet built (42P01, 3D).
 */
const UNAVAILABLE_STATES = /^(08|40|53|55|57|58|XX|3D|42P01$)/;
/** The driver's messages when it got no answer; it gives no code with them. */
const DRIVER_MESSAGES = /^(Connection terminated|timeout |Query read timeout|Client (has|was) |Cannot use a pool)/;
const SYSTEM_CODES = /^(E(?!RR_)[A-Z]+|ERR_STREAM|CONNECTION_)/;
const LOCK_NOT_AVAILABLE = '55P03';

/** Whether Postgres refused the values of a statement, so that the same statement would be refused again. */
export const isRefused = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && REFUSED_STATES.test(error.code ?? '');

/** Whether a query failed because Postgres cannot answer it now, and not because the query is wrong. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable); // one per address tried
  if (error instanceof pg.DatabaseError) return UNAVAILABLE_STATES.test(error.code ?? '');
  const { code } = error as { code?: unknown };
  return (typeof code === 'string' && SYSTEM_CODES.test(code)) || DRIVER_MESSAGES.test(error.message);
}

/** Whether a statement would write where nothing can be written: on a replica. */
export const isReadOnly = (error: unknown): boolean => (error as { code?: unknown }).code === READ_ONLY;

/** Whether a statement gave up because others hold what it wanted to lock. */
export const isLockTimeout = (error: unknown): boolean => (error as { code?: unknown }).code === LOCK_NOT_AVAILABLE;
