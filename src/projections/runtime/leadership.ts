import { sql } from 'kysely';
import type { Connection } from './connection.ts';
import type { Projection } from './projection.ts';

/**
 * Whether this connection now leads the projection, until it ends. One leader per version: during a change of versions
 * the old one keeps its generation up to date while the new one builds the next.
 */
export async function takeLead({ db }: Connection, { name, version }: Projection): Promise<boolean> {
  const { rows } = await sql<{ leads: boolean }>`
    select pg_try_advisory_lock(hashtext('call-ledger projection'), hashtext(${`${name}:${version}`})) as leads`.execute(
    db,
  );
  return rows[0]!.leads;
}
