import { appendDecided } from '../../events/append-decided.ts';
import { decode, type Fact } from '../../events/codec.ts';
import type { EventLog, NewEvent } from '../../events/event-log.ts';
import { digestOf, uuidOf } from '../../events/identity.ts';
import type { JsonObject } from '../../events/json.ts';
import { type Endpoint, FactMetadata } from '../../events/metadata.ts';
import type { Recorded } from '../../events/recorded.ts';
import { callStream, ticketStream } from '../../events/streams.ts';
import { callIdOfTicket, type TicketEvent } from '../../events/ticket-facts.ts';
import { requestIdOf } from '../idempotency-key.ts';
import { type LastSaid, saidBy, setStatus, type TicketSaid } from './ticket-decision.ts';

export type TicketStatusCommand = {
  readonly tenantId: string;
  readonly ticketId: string;
  readonly said: TicketSaid;
  readonly idempotencyKey: string | undefined;
  /** The id of the API key. */
  readonly by: string;
  readonly at: string;
};

export type RecordedTicketStatus = {
  readonly callId: string;
  /** What staff said last, with this. */
  readonly said: TicketSaid;
  readonly lastEventAt: string;
  /** Of the newest event of the ticket's stream. */
  readonly position: bigint | undefined;
  readonly changed: boolean;
};

const ticketEndpoints: readonly (Endpoint | undefined)[] = ['retell-inbound-ticket', 'retell-outbound-ticket'];

/** Records the status that staff give a ticket, from the log alone. Throws EventStoreUnavailable. */
export async function recordTicketStatus(
  log: EventLog,
  command: TicketStatusCommand,
): Promise<RecordedTicketStatus | 'unknown_ticket' | 'idempotency_key_reused'> {
  const { tenantId, ticketId, said, idempotencyKey, by, at } = command;
  const callId = callIdOfTicket(ticketId);
  if (callId === undefined) return 'unknown_ticket';
  const calls = await log.read(callStream(tenantId, callId));
  if (!calls.some(bringsTicket)) return 'unknown_ticket';
  const callPosition = calls.at(-1)!.position;

  const stream = ticketStream(tenantId, ticketId);
  const requestId = requestIdOf(stream, idempotencyKey);
  let before: LastSaid | undefined;
  const result = await appendDecided<'idempotency_key_reused'>(log, stream, (seen) => {
    const statuses = statusesIn(seen);
    const newest = statuses.at(-1);
    before = newest && { ...newest, said: saidBy(newest.data) };
    const repeated = statuses.find(({ id }) => id === requestId);
    const keyed = requestId === undefined ? undefined : { before: repeated && saidBy(repeated.data) };
    const events = setStatus(before, said, { callId, by, callPosition }, keyed);
    if (typeof events === 'string') return events;
    const next = (seen.at(-1)?.revision ?? -1n) + 1n;
    const metadata: FactMetadata = { tenantId, source: 'command', receivedAt: at, $correlationId: callId };
    return events.map(
      ({ type, data }): NewEvent => ({
        id: requestId ?? uuidOf(stream, `${next}`, type, digestOf(data)),
        type,
        data: data as JsonObject,
        metadata: metadata as unknown as JsonObject,
      }),
    );
  });
  if (typeof result === 'string') return result;
  const { position, appended } = result;
  const changed = appended.length > 0;
  const last = changed || before === undefined ? { said, recordedAt: at } : before;
  return { callId, said: last.said, lastEventAt: last.recordedAt, position, changed };
}

/** A ticket is there from the first fact that a ticket endpoint took, whatever it says (B2). */
const bringsTicket = ({ metadata }: Recorded): boolean => {
  const read = FactMetadata.safeParse(metadata);
  return read.success && ticketEndpoints.includes(read.data.endpoint);
};

type StatusSet = Fact<Extract<TicketEvent, { readonly type: 'TicketStatusSet' }>>;

const statusesIn = (seen: readonly Recorded[]): StatusSet[] =>
  seen.flatMap((recorded) => {
    const fact = decode(recorded);
    return fact?.type === 'TicketStatusSet' ? [fact as StatusSet] : [];
  });
