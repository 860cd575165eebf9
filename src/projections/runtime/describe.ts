import pg from 'pg';

/** What may be said of an error in a log: Postgres quotes values in its messages, and values may be personal data. */
export function describe(error: unknown): string {
  if (error instanceof pg.DatabaseError)
    return `Postgres ${error.code}${error.constraint ? ` (${error.constraint})` : ''}${error.table ? ` on ${error.table}` : ''}`;
  if (error instanceof Error) {
    const { code } = error as { code?: unknown };
    return typeof code === 'string' && !error.message.includes(code)
      ? `${code} ${error.message}`
      : error.message || error.name;
  }
  return String(error);
}
