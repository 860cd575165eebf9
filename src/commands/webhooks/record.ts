import { concurrencyLimit, keyedMutex } from '../../events/concurrency-limit.ts';
import {
  type EventLog,
  EventStoreOverloaded,
  EventStoreUnavailable,
  type NewEvent,
  StreamDeleted,
} from '../../events/event-log.ts';
import {
  appendMissing,
  fitsOneAppend,
  look,
  type StreamMemory,
  streamMemory,
  type Writing,
  type Written,
} from '../../events/idempotent-append.ts';
import { uuidOf } from '../../events/identity.ts';
import { DELIVERY_QUARANTINED, type DeliveryQuarantined } from '../../events/raw-delivery.ts';
import { callStream, quarantineStream } from '../../events/streams.ts';
import { evidenceOf, hasEvidence, rawParts } from '../../evidence/evidence.ts';
import { type CallFact, type Delivery, eventsOf } from '../../retell/call-fact.ts';

/**
 * What `quarantine-<tenant>.<digest of the body>` holds: the bytes, then why they stand there. The ids follow from the
 * body, so the same body again adds nothing. The last event lists it, once all of it can be read.
 */
async function quarantineEvents(
  reason: DeliveryQuarantined['reason'],
  delivery: Delivery,
): Promise<readonly NewEvent[]> {
  const { tenant, endpoint, receivedAt, sha256, body } = delivery;
  const listed: NewEvent & { data: DeliveryQuarantined } = {
    id: uuidOf('quarantined', tenant.id, sha256),
    type: DELIVERY_QUARANTINED,
    data: { reason, endpoint, receivedAt, size: body.length },
    metadata: { tenantId: tenant.id, source: 'webhook', endpoint, receivedAt, $correlationId: sha256 },
  };
  return [...(await rawParts(sha256, delivery)), listed];
}

/** An answer that takes longer is not waited for: the careful way, which reads, goes on with what time there is. */
const ANSWER_WITHIN_MS = 1000;
/** For how long the event store counts as ailing after it has failed to answer. */
const AILING_MS = 5000;

/**
 * Records what is heard of for the first time: a call's evidence and its fact, both sent at once to streams that must
 * not exist yet. The client and the server keep the order, so the fact is never written before its evidence is. One
 * round trip, where reading first and waiting between the two makes three.
 */
function newRecords(log: EventLog, memory: StreamMemory) {
  let ailingUntil = 0;
  /** The last position that was acknowledged to this process: what is written now stands behind it. */
  let newest: bigint | undefined;

  const append = async ({ stream, events }: Written): Promise<bigint | undefined> => {
    const result = await log.append(stream, 'no_stream', events, ANSWER_WITHIN_MS);
    if (result.outcome === 'conflict') return undefined;
    const isRepeated = newest === undefined || result.position === undefined || result.position <= newest;
    if (!isRepeated) memory.keep(stream, { revision: result.revision, ids: new Set(events.map(({ id }) => id)) });
    return isRepeated ? undefined : result.position;
  };

  return {
    /**
     * True: both are on disk. False: not tried, or whatever else it may be; the stream must then be read, for the fact
     * may be there, even without its evidence.
     */
    async record(evidence: Written, fact: Written): Promise<boolean> {
      if (newest === undefined || performance.now() < ailingUntil) return false;
      if (!fitsOneAppend(evidence.events) || !fitsOneAppend(fact.events)) return false;
      const [before, after] = await Promise.allSettled([append(evidence), append(fact)]);
      const isOnRecord = after.status === 'fulfilled' && after.value === undefined;
      for (const { reason } of [before, after].filter((result) => result.status === 'rejected')) {
        memory.forget(evidence.stream);
        memory.forget(fact.stream);
        if (reason instanceof StreamDeleted && isOnRecord) continue; // its evidence alone was deleted for good
        // Where it had not even room, three round trips instead of one would have less.
        if (!(reason instanceof EventStoreUnavailable) || reason instanceof EventStoreOverloaded) throw reason;
        ailingUntil = performance.now() + AILING_MS;
      }
      if (before.status === 'rejected' || after.status === 'rejected') return false;
      if (after.value !== undefined) newest = after.value > newest ? after.value : newest;
      return before.value !== undefined && after.value !== undefined;
    },
    /** Told of every append that was acknowledged otherwise. */
    acknowledged(position: bigint | undefined): void {
      if (position !== undefined && (newest === undefined || position > newest)) newest = position;
    },
  };
}

type NewRecords = ReturnType<typeof newRecords>;

export type Recorded = 'recorded' | 'duplicate';
export type Quarantined = 'quarantined' | 'duplicate';

/** Puts facts on disk; one for the whole process, since it knows what is under way. Throws EventStoreUnavailable. */
export type Recorder = {
  /** With the delivery that it rests on, which is then stored first; a reconciled fact has none. */
  record(fact: CallFact, delivery?: Delivery): Promise<Recorded>;
  /** Keeps an authentic delivery that could not be understood: nothing authentic is ever dropped. */
  quarantine(reason: DeliveryQuarantined['reason'], delivery: Delivery): Promise<Quarantined>;
  /** When nothing is being written any more. */
  idle(): Promise<void>;
};

const LONGEST = 10 * 1024 * 1024;
const MS_PER_MEBIBYTE = 300;

/** For how long a body is tried before the store counts as not answering: a large one is given more than `budgetMs`. */
export const timeFor = (bytes: number, budgetMs: number): number =>
  budgetMs + (Math.min(bytes, LONGEST) / 1024 / 1024) * MS_PER_MEBIBYTE;

/** `budgetMs`: for how long one small fact is tried. */
export function recorder(log: EventLog, budgetMs: number): Recorder {
  const memory = streamMemory();
  const writes = keyedMutex();
  const asNew = newRecords(log, memory);

  const enterLarge = concurrencyLimit({
    ...{ most: 1, lineMs: timeFor(LONGEST, budgetMs), holdMs: 60_000 },
    tooLate: () => new EventStoreOverloaded('too many large bodies wait for the event store'),
  });
  /** One after the other: of four at once the first is done in a quarter of the time, where all together would be late. */
  const inLine = async <T>({ deadline }: Writing, isLarge: boolean, write: () => Promise<T>): Promise<T> => {
    if (!isLarge) return write();
    const leave = await enterLarge();
    try {
      if (performance.now() > deadline) throw new EventStoreOverloaded('its turn among the large ones came too late');
      return await write();
    } finally {
      leave();
    }
  };

  const writeIn = <T>(stream: string, bytes: number, write: (writing: Writing) => Promise<T>): Promise<T> => {
    const deadline = performance.now() + timeFor(bytes, budgetMs);
    const writing = { log, memory, deadline, onAppended: asNew.acknowledged };
    return writes.run(stream, () => {
      // Whoever asked has been answered 503 while others waited for the store before him: no backlog behind it.
      if (performance.now() > writing.deadline) throw new EventStoreUnavailable(`${stream}: its turn came too late`);
      return write(writing);
    });
  };

  return {
    record: (fact, delivery) => {
      const stream = callStream(fact.metadata.tenantId, fact.callId);
      return writeIn(stream, delivery?.body.length ?? 0, async (writing) => {
        const events = eventsOf(fact);
        const evidence = delivery && (await evidenceOf(fact, delivery));
        const isLarge = events.length > 1 || (evidence !== undefined && evidence.events.length > 1);
        return inLine(writing, isLarge, () => recordFact(fact, { stream, events }, evidence, writing, asNew));
      });
    },
    quarantine: (reason, delivery) => {
      const stream = quarantineStream(delivery.tenant.id, delivery.sha256);
      return writeIn(stream, delivery.body.length, async (writing) => {
        const events = await quarantineEvents(reason, delivery);
        const append = () => appendMissing(stream, events, writing);
        return (await inLine(writing, events.length > 2, append)) === 'appended' ? 'quarantined' : 'duplicate';
      });
    },
    idle: writes.idle,
  };
}

/** A fact that is already on record is no news: nothing is written, its evidence least of all. */
async function recordFact(
  fact: CallFact,
  { stream, events }: Written,
  evidence: Written | undefined,
  writing: Writing,
  asNew: NewRecords,
): Promise<Recorded> {
  const isHot = writing.memory.recall(stream) !== undefined;
  if (!isHot && evidence && (await asNew.record(evidence, { stream, events }))) return 'recorded';

  const seen = await look(stream, writing);
  if (seen.ids.has(fact.id)) {
    if (isHot || !evidence || (await hasEvidence(fact, evidence.stream, writing))) return 'duplicate';
    await store(evidence, writing);
    return 'recorded';
  }
  if (evidence) await store(evidence, writing);
  return (await appendMissing(stream, events, writing)) === 'appended' ? 'recorded' : 'duplicate';
}

const store = ({ stream, events }: Written, writing: Writing) => appendMissing(stream, events, writing);
