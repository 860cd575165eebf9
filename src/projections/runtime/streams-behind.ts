import { appointmentStream, callStream, parseStream, sessionStream } from '../../events/streams.ts';
import type { Projection } from '../engine/projection.ts';
import { type Row, selectBy, type Table, type TableName, type Tx } from '../engine/table.ts';

type Naming = (tenantId: string, id: string) => string;

/** What the columns are called that hold the id of a stream. */
const named: Readonly<Record<string, Naming>> = {
  call_id: callStream,
  session_id: sessionStream,
  placed_session_id: sessionStream,
  matched_session_id: sessionStream,
  appointment_id: appointmentStream,
};

/**
 * Streams, and those that a projection's rows name beside one of them: what a call has said of its session stands in rows
 * that name the session alone.
 */
export async function withNamed(
  trx: Tx,
  projection: Projection,
  table: TableName,
  streams: readonly string[],
): Promise<readonly string[]> {
  const found = [...streams];
  for (const of of streams.length > 0 ? projection.tables : []) {
    for (const [column, streamOf] of Object.entries(named)) {
      if (!(column in of.columns) || !('tenant_id' in of.columns)) continue;
      const keys = streams.flatMap((stream) => {
        const { tenantId = '', id = '' } = parseStream(stream) ?? {};
        return streamOf(tenantId, id) === stream ? [{ tenant_id: tenantId, [column]: id }] : [];
      });
      for (const row of await selectBy<Row>(trx, table(of), of, ['tenant_id', column], keys))
        found.push(...namedBy(row));
    }
  }
  return found;
}

/** The streams that a row is made of: those that its columns name, and what the projection knows besides. */
export async function streamsBehind(
  trx: Tx,
  projection: Projection,
  table: TableName,
  of: Table,
  row: Row,
): Promise<readonly string[]> {
  const { stream } = row;
  const known = (await projection.streamsBehind?.(trx, table, of, row)) ?? [];
  const all = [...(typeof stream === 'string' ? [stream] : []), ...known, ...namedBy(row)];
  return [...new Set(all)];
}

const namedBy = (row: Row): string[] =>
  Object.entries(named).flatMap(([column, streamOf]) => {
    const [tenantId, id] = [row.tenant_id, row[column]];
    return typeof id === 'string' && typeof tenantId === 'string' ? [streamOf(tenantId, id)] : [];
  });
