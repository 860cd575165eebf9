import type { Kysely } from 'kysely';
import { type EventLog, readLeft } from '../events/event-log.ts';
import { RawDeliveryPart } from '../events/raw-delivery.ts';
import { callStream, evidenceStream, quarantineStream, sessionStream } from '../events/streams.ts';
import { ticketIdOf } from '../events/ticket-facts.ts';
import { assemble } from '../evidence/evidence.ts';
import { sessionDocument, sessionOf } from '../model/session-document.ts';
import { reduceStream, type StreamState } from '../model/stream-state.ts';
import { factsUntil, foldStream } from '../projections/fold-stream.ts';
import type { ReadModel } from '../projections/tables.ts';
import { appointmentOf } from '../read-api/appointments.ts';
import { ticketOf } from '../read-api/tickets.ts';
import { findPerson } from './find.ts';

export type PersonDeps = {
  readonly log: Pick<EventLog, 'read'>;
  readonly db: Kysely<ReadModel>;
  /** The mail of a ticket as it would go out now; a word where there is none. */
  readonly mailOf: (tenantId: string, ticketId: string) => Promise<object | string>;
};

type Asked = { readonly tenantId: string; readonly phone: string; readonly region: string | undefined };

export const sections = ['sessions', 'appointments', 'tickets', 'mails', 'evidence'] as const;

/** One thing that is kept of a person, by its section. */
type Kept = readonly [section: (typeof sections)[number], item: object];

/**
 * Everything that is kept of a person, section by section, one thing at a time. Of sessions with others only their part.
 * Throws EventStoreUnavailable.
 */
export async function* keptOf(deps: PersonDeps, asked: Asked, signal: AbortSignal): AsyncGenerator<Kept> {
  const { log, db } = deps;
  const { tenantId, phone } = asked;
  const found = await findPerson({ ...asked, log, db, signal }, (one) => one === phone);
  const stateOf = async (stream: string): Promise<StreamState | undefined> => {
    const events = await readLeft(log, stream);
    const last = events.at(-1);
    return last && foldStream(reduceStream, factsUntil(events, { position: last.position }));
  };
  const appointments = new Set<string>();
  for (const [id, calls] of await bySession(db, tenantId, found)) {
    signal.throwIfAborted();
    const requested = found.sessions.includes(id) ? [sessionStream(tenantId, id)] : [];
    const streams = new Map<string, StreamState>();
    for (const stream of [...requested, ...calls.map((callId) => callStream(tenantId, callId))]) {
      const state = await stateOf(stream);
      if (!state) continue;
      streams.set(stream, state);
      if ('appointmentsNamed' in state) for (const { id } of state.appointmentsNamed) appointments.add(id);
    }
    const session = sessionOf({ tenantId, id, streams });
    if (session) yield ['sessions', sessionDocument(session)];
  }
  for (const id of appointments) {
    const row = await db
      .selectFrom('appointments')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .executeTakeFirst();
    if (row) yield ['appointments', appointmentOf(row)];
  }
  const tickets: string[] = [];
  for (const callId of found.calls) {
    const row = await db
      .selectFrom('tickets')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('id', '=', ticketIdOf(callId))
      .executeTakeFirst();
    if (!row) continue;
    tickets.push(row.id);
    yield ['tickets', ticketOf(row)];
  }
  for (const ticketId of tickets) {
    signal.throwIfAborted();
    const mail = await deps.mailOf(tenantId, ticketId);
    if (typeof mail === 'object') yield ['mails', { ticketId, ...mail }];
  }
  for (const callId of found.calls)
    for await (const item of deliveriesIn(log, evidenceStream(tenantId, callId)))
      yield ['evidence', { callId, ...item }];
  for (const digest of found.quarantined)
    for await (const item of deliveriesIn(log, quarantineStream(tenantId, digest)))
      yield ['evidence', { quarantineId: `${tenantId}.${digest}`, ...item }];
}

/** The sessions, each with the person's calls in it. */
async function bySession(
  db: Kysely<ReadModel>,
  tenantId: string,
  found: { readonly calls: readonly string[]; readonly sessions: readonly string[] },
): Promise<ReadonlyMap<string, readonly string[]>> {
  const sessions = new Map<string, string[]>(found.sessions.map((id) => [id, []]));
  for (let i = 0; i < found.calls.length; i += 500) {
    const rows = await db
      .selectFrom('call_session_calls')
      .select(['call_id', 'session_id'])
      .where('tenant_id', '=', tenantId)
      .where('call_id', 'in', found.calls.slice(i, i + 500))
      .execute();
    for (const { call_id, session_id } of rows) {
      const calls = sessions.get(session_id) ?? [];
      calls.push(call_id);
      sessions.set(session_id, calls);
    }
  }
  return sessions;
}

/** The signed bytes of a stream, as text where they are UTF-8. */
async function* deliveriesIn(log: Pick<EventLog, 'read'>, stream: string): AsyncGenerator<object> {
  const events = await readLeft(log, stream);
  const parts = events.flatMap(({ metadata }) => RawDeliveryPart.safeParse(metadata).data ?? []);
  const digests = new Map(parts.map((part) => [`${part.deliveryId} ${part.sha256}`, part]));
  for (const { deliveryId, sha256 } of digests.values()) {
    const delivery = await assemble(events, deliveryId, sha256).catch(() => undefined);
    if (!delivery) continue;
    const { body, tenantId: _, ...about } = delivery;
    yield { ...about, body: body.toString('utf8') };
  }
}

/** The whole as JSON text, in pieces. */
export async function* asJson(kept: AsyncIterable<Kept>, head: object): AsyncGenerator<string> {
  yield JSON.stringify(head).slice(0, -1);
  let open = -1;
  let first = true;
  const close = (upTo: number): string => {
    let text = '';
    for (; open < upTo; open++) {
      if (open >= 0) text += ']';
      if (open + 1 < sections.length) text += `,"${sections[open + 1]}":[`;
      first = true;
    }
    return text;
  };
  for await (const [section, item] of kept) {
    const text = close(sections.indexOf(section));
    yield `${text}${first ? '' : ','}${JSON.stringify(item)}`;
    first = false;
  }
  yield `${close(sections.length - 1)}]}`;
}
