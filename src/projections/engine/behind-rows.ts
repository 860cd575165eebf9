import { type EventLog, readLeft } from '../../events/event-log.ts';
import { appointmentStream, callStream, parseStream, sessionStream } from '../../events/streams.ts';
import type { BehindFact, Difference, Noted } from './compare.ts';
import type { Projection } from './projection.ts';
import type { Row, Table, Tables } from './table.ts';

type Naming = (tenantId: string, id: string) => string;

/** Columns that hold the id of a stream. */
const named: Readonly<Record<string, Naming>> = {
  call_id: callStream,
  session_id: sessionStream,
  placed_session_id: sessionStream,
  matched_session_id: sessionStream,
  appointment_id: appointmentStream,
};

/** Streams, and those named beside them in rows: what a call says of its session is in rows that name only the session. */
export async function withNamed(
  projection: Projection,
  tables: Tables,
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
      for (const row of await tables.select<Row>(of, ['tenant_id', column], keys)) found.push(...namedBy(row));
    }
  }
  return found;
}

/** The streams that a row rests on: those its columns name, and what the projection adds. */
export async function streamsBehind(
  projection: Projection,
  tables: Tables,
  of: Table,
  row: Row,
): Promise<readonly string[]> {
  const { stream } = row;
  const known = (await projection.streamsBehind?.(tables, of, row)) ?? [];
  const all = [...(typeof stream === 'string' ? [stream] : []), ...known, ...namedBy(row)];
  return [...new Set(all)];
}

const namedBy = (row: Row): string[] =>
  Object.entries(named).flatMap(([column, streamOf]) => {
    const [tenantId, id] = [row.tenant_id, row[column]];
    return typeof id === 'string' && typeof tenantId === 'string' ? [streamOf(tenantId, id)] : [];
  });

const FACTS = 50;

/** Adds to each difference the facts behind it, up to a position. Throws EventStoreUnavailable. */
export async function withFacts(
  log: EventLog,
  noted: readonly Noted[],
  upTo: bigint | undefined,
  signal: AbortSignal,
): Promise<Difference[]> {
  const read = new Map<string, readonly BehindFact[]>();
  for (const stream of new Set(noted.flatMap(({ streams }) => streams))) {
    signal.throwIfAborted();
    const events = await readLeft(log, stream, { max: FACTS });
    const applied = events.filter(({ position }) => upTo !== undefined && position <= upTo);
    read.set(
      stream,
      applied.map(({ position, type }) => ({ stream, position: `${position}`, type })),
    );
  }
  return noted.map(({ streams, ...difference }) => {
    const facts = streams.flatMap((stream) => read.get(stream)!);
    facts.sort((a, b) => (BigInt(a.position) < BigInt(b.position) ? -1 : 1));
    return { ...difference, facts: facts.slice(0, FACTS) };
  });
}
