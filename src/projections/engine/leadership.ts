import { type Kysely, sql } from 'kysely';
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

/**
 * Whether a process whose code has this version keeps a generation up to date, live or not. If none does, none begins to
 * before the transaction ends.
 */
export async function isLed(
  trx: Kysely<unknown>,
  { name, version }: Pick<Projection, 'name' | 'version'>,
): Promise<boolean> {
  const { rows } = await sql<{ free: boolean }>`
    select pg_try_advisory_xact_lock(hashtext('call-ledger projection'), hashtext(${`${name}:${version}`})) as free`.execute(
    trx,
  );
  return !rows[0]!.free;
}

/** Whether this connection now carries out the projection's operations, until it ends: there is one at a time. */
export async function takeOperations({ db }: Connection, projection: string): Promise<boolean> {
  const { rows } = await sql<{ free: boolean }>`
    select pg_try_advisory_lock(hashtext('call-ledger operation'), hashtext(${projection})) as free`.execute(db);
  return rows[0]!.free;
}
