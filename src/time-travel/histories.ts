import type { Kysely } from 'kysely';
import { decode, type Fact, factsIn } from '../events/codec.ts';
import { type EventLog, readLeft } from '../events/event-log.ts';
import { wholeFacts } from '../events/personal-text.ts';
import type { Recorded } from '../events/recorded.ts';
import { appointmentStream, callStream, sessionStream, ticketStream } from '../events/streams.ts';
import type { StaffState } from '../model/appointment.ts';
import { findNamed } from '../model/entries.ts';
import { appointmentOfCall, sessionsOf } from '../model/session.ts';
import { sessionDocument, sessionOf } from '../model/session-document.ts';
import { reduceStream, type StreamState, type WholeCall } from '../model/stream-state.ts';
import type { TicketLog } from '../model/ticket.ts';
import type { ReadModel } from '../projections/tables.ts';
import { appointmentOf } from '../read-api/appointments.ts';
import type { Histories } from '../read-api/history.ts';
import { readsOf } from '../read-api/tenant-reads.ts';
import { ticketOf } from '../read-api/tickets.ts';
import type { TenantDirectory } from '../tenants/tenant.ts';
import { type BrokenEvent, historyInTurns, type Page, type Subject, verdictsByPosition } from './history.ts';
import { everAbout, partsOf, relatedCalls, streamsOf } from './related.ts';
import { appointmentAsOf, ticketAsOf } from './rows.ts';

type Stores = { readonly log: EventLog; readonly db: Kysely<ReadModel>; readonly tenants: TenantDirectory };

/**
 * The histories of sessions, appointments and tickets from the log, with the verdict on the evidence of each fact. The
 * read model says which streams to read. A broken fact hides no other.
 */
export function histories({ log, db, tenants }: Stores): Histories {
  return {
    async session({ tenantId, sessionId, callIds }, page) {
      const streams = readingOf(log);
      const names = [sessionStream(tenantId, sessionId), ...callIds.map((id) => callStream(tenantId, id))];
      return toldOf({ log, tenants }, tenantId, ofSession(tenantId, sessionId), await streams.read(names), page);
    },

    async appointment({ tenantId, id }, page) {
      const [streams, reads] = [readingOf(log), readsOf(db, tenantId)];
      const own = appointmentStream(tenantId, id);
      const { sessionIds, streams: related, parts } = await everAbout(reads, { tenantId, id }, streams.states);
      const isOn = new Set([
        own,
        ...[...parts.calls, ...parts.requests]
          .filter(({ appointmentsNamed }) => findNamed(appointmentsNamed, id))
          .map((part) =>
            'callId' in part ? callStream(tenantId, part.callId) : sessionStream(tenantId, part.sessionId),
          ),
        ...sessionsOf(sessionIds, parts).flatMap((session) =>
          session.calls
            .filter((call) => appointmentOfCall(call, session) === id)
            .map(({ callId }) => callStream(tenantId, callId)),
        ),
      ]);
      const subject: Subject = {
        documentOf(states) {
          const row = appointmentAsOf(
            id,
            sessionIds,
            partsOf(tenantId, states.values()),
            states.get(own) as StaffState | undefined,
          );
          return row && appointmentOf(row);
        },
        isAbout: (stream) => isOn.has(stream),
      };
      return toldOf({ log, tenants }, tenantId, subject, await streams.read([own, ...related]), page);
    },

    async ticket({ tenantId, id, callId }, page) {
      const [ofCall, ofTicket] = [callStream(tenantId, callId), ticketStream(tenantId, id)];
      const related = streamsOf(tenantId, [], await relatedCalls(readsOf(db, tenantId), [callId]));
      const subject: Subject = {
        documentOf(states) {
          const call = states.get(ofCall) as WholeCall | undefined;
          const { requests } = partsOf(tenantId, states.values());
          const row = call && ticketAsOf(call, states.get(ofTicket) as TicketLog | undefined, requests);
          return row && ticketOf(row);
        },
        isAbout: (stream) => stream === ofCall || stream === ofTicket,
      };
      const events = await readingOf(log).read([...new Set([ofCall, ofTicket, ...related])]);
      return toldOf({ log, tenants }, tenantId, subject, events, page);
    },
  };
}

/** By its own stream and those of its calls: all their facts are listed. */
export const ofSession = (tenantId: string, id: string): Subject => ({
  documentOf(streams) {
    const session = sessionOf({ tenantId, id, streams });
    return session && sessionDocument(session);
  },
});

/** Reads each stream once, as far as it is left; in the order of the log. */
function readingOf(log: EventLog) {
  const read = new Map<string, Recorded[]>();
  const events = async (names: readonly string[]): Promise<Recorded[]> => {
    const unread = names.filter((name) => !read.has(name));
    await Promise.all(unread.map(async (name) => read.set(name, await readLeft(log, name))));
    return names.flatMap((name) => read.get(name)!).sort((a, b) => (a.position < b.position ? -1 : 1));
  };
  return {
    read: events,
    /** Of each stream the state up to what is broken in it. */
    async states(names: readonly string[]): Promise<StreamState[]> {
      await events(names);
      return names.flatMap((name) => stateUntilBroken(read.get(name)!) ?? []);
    },
  };
}

function stateUntilBroken(events: readonly Recorded[]): StreamState | undefined {
  let state: StreamState | undefined;
  try {
    for (const fact of wholeFacts(factsIn(events))) state = reduceStream(state, fact);
  } catch {
    // The history itself tells which fact it is.
  }
  return state;
}

async function toldOf(
  { log, tenants }: Pick<Stores, 'log' | 'tenants'>,
  tenantId: string,
  subject: Subject,
  events: readonly Recorded[],
  page: Page,
): ReturnType<Histories['session']> {
  const items = await historyInTurns(
    subject,
    events.map(readOrNot).filter((fact) => fact !== undefined),
    page,
  );
  const shown = items.slice(0, page.limit);
  const isShown = new Set(shown.map(({ position }) => position));
  const asked = events.filter(({ position }) => isShown.has(`${position}`));
  const verdicts = await verdictsByPosition(log, tenants, tenantId, asked);
  const told = shown.map((item) => {
    // Without its source, a fact cannot be known to be signed.
    const evidence = verdicts.get(item.position) ?? (item.source === undefined ? undefined : 'none');
    return { ...item, changes: [...item.changes], ...(evidence && { evidence }) };
  });
  return { items: told, hasMore: items.length > shown.length };
}

/** Undefined for a type that a newer version wrote. */
function readOrNot(recorded: Recorded): Fact | BrokenEvent | undefined {
  try {
    return decode(recorded);
  } catch (error) {
    return { recorded, error };
  }
}
