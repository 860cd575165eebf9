import { appointmentStream, callStream, sessionStream } from '../../events/streams.ts';
import type { Projection } from './projection.ts';
import type { Row, Table, TableName, Tx } from './table.ts';

type Naming = (tenantId: string, id: string) => string;

/** What the columns are called that hold the id of a stream. */
const named: Readonly<Record<string, Naming>> = {
  call_id: callStream,
  session_id: sessionStream,
  placed_session_id: sessionStream,
  matched_session_id: sessionStream,
  appointment_id: appointmentStream,
};

/** A customer may have thousands of calls. */
const AT_MOST = 10;

/** The streams that a row is made of: those that its columns name, and what the projection knows besides. */
export async function streamsBehind(
  trx: Tx,
  projection: Projection,
  table: TableName,
  of: Table,
  row: Row,
): Promise<readonly string[]> {
  const { stream, tenant_id: tenantId } = row;
  const byColumns = Object.entries(named).flatMap(([column, streamOf]) => {
    const id = row[column];
    return typeof id === 'string' && typeof tenantId === 'string' ? [streamOf(tenantId, id)] : [];
  });
  const known = (await projection.streamsBehind?.(trx, table, of, row)) ?? [];
  const all = [...(typeof stream === 'string' ? [stream] : []), ...known, ...byColumns];
  return [...new Set(all)].slice(0, AT_MOST);
}
