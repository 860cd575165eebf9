import pg from 'pg';

type Said = { readonly message?: unknown; readonly code?: unknown; readonly name?: unknown };

/**
 * What may be said of an error in a log: Postgres quotes values in its messages, and values may be personal data. Takes
 * whatever was thrown or emitted: pg-boss emits copies of errors, which are plain objects.
 */
export function describe(error: unknown): string {
  if (typeof error !== 'object' || error === null)
    return typeof error === 'string' ? error : `${typeof error} was thrown`;
  const { code, message, name } = error as Said;
  if (isOfPostgres(error)) {
    const { constraint, table } = error as Partial<pg.DatabaseError>;
    return `Postgres ${code}${constraint ? ` (${constraint})` : ''}${table ? ` on ${table}` : ''}`;
  }
  const words = typeof message === 'string' ? message : '';
  if (typeof code === 'string' && !words.includes(code)) return words ? `${code} ${words}` : code;
  if (words) return words;
  // One for each address that was tried.
  if (error instanceof AggregateError) return [...new Set(error.errors.map(describe))].join(', ') || error.name;
  return typeof name === 'string' ? name : 'an object was thrown';
}

/** Also a copy: only the server's own answers have a severity beside the code. */
const isOfPostgres = (error: object): boolean =>
  error instanceof pg.DatabaseError || ('severity' in error && 'code' in error && typeof error.code === 'string');
