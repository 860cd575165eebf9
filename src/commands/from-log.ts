import { type Fact, factsIn } from '../events/codec.ts';
import type { EventLog } from '../events/event-log.ts';
import { wholeFacts } from '../events/personal-text.ts';
import { callStream, sessionStream, ticketStream } from '../events/streams.ts';
import type { CallSession, Ticket } from '../http/resources.ts';
import { ownSessionId, sessionIdOf } from '../model/session.ts';
import { noFactsYet, sessionDocument, sessionOf, withFact } from '../model/session-document.ts';
import { reduceTicket, type TicketState, ticketOf } from '../model/ticket.ts';

// What commands answer where the read model is not there in time: the resource by its own streams. A call that its
// request placed, but that does not name it, is missing.

type Log = Pick<EventLog, 'read'>;

/** The session of these calls; undefined: nothing of it can be read. Throws EventStoreUnavailable. */
export async function sessionInLog(
  log: Log,
  tenantId: string,
  sessionId: string,
  callIds: readonly string[],
): Promise<CallSession | undefined> {
  const streams = [sessionStream(tenantId, sessionId), ...callIds.map((id) => callStream(tenantId, id))];
  const fold = (await readable(log, streams)).reduce(withFact, noFactsYet(tenantId, sessionId));
  const session = sessionOf(fold);
  if (session === undefined) return undefined;
  // Named by one of its calls; what it is called itself, the calls say.
  const call = session.calls.find(({ callId }) => sessionId === callId || sessionId === ownSessionId(callId));
  const parts = { tenantId, calls: session.calls, requests: session.request ? [session.request] : [] };
  const id = (call && sessionIdOf(call.callId, parts)) ?? sessionId;
  const { retellCallIds, matchedByPhoneNumber: matched, ...document } = sessionDocument({ ...session, id });
  return { ...document, retellCallIds: [...retellCallIds], ...(matched && { matchedByPhoneNumber: [...matched] }) };
}

/** The ticket of a call; undefined: nothing of it can be read. Throws EventStoreUnavailable. */
export async function ticketInLog(
  log: Log,
  tenantId: string,
  ticketId: string,
  callId: string,
): Promise<Ticket | undefined> {
  const facts = await readable(log, [callStream(tenantId, callId), ticketStream(tenantId, ticketId)]);
  const state = facts.reduce<TicketState>(reduceTicket, {});
  const found = ticketOf(state);
  const sessionId = state.call && sessionIdOf(callId, { tenantId, calls: [state.call], requests: [] });
  if (found === undefined || sessionId === undefined) return undefined;
  const { openings: _, erased, ...ticket } = found;
  return { ...ticket, sessionId, ...(erased && { erased }) };
}

/** The facts of these streams in the order of the log, of each up to the first that cannot be read. */
async function readable(log: Log, streams: readonly string[]): Promise<Fact[]> {
  const read = await Promise.all(streams.map((stream) => log.read(stream)));
  return read
    .flatMap((events) => {
      const facts: Fact[] = [];
      try {
        for (const fact of wholeFacts(factsIn(events))) facts.push(fact);
      } catch {
        // The command itself was carried out.
      }
      return facts;
    })
    .sort((a, b) => (a.position < b.position ? -1 : 1));
}
