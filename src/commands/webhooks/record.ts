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
import { places } from '../../events/shares.ts';
import { callStream, quarantineStream } from '../../events/streams.ts';
import { evidenceOf, hasEvidence, rawParts } from '../../evidence/evidence.ts';
import { type CallFact, type Delivery, eventsOf, eventsWithoutPerson } from '../../retell/call-fact.ts';

export type Recorded = 'recorded' | 'duplicate';
export type Quarantined = 'quarantined' | 'duplicate';

/** Stores facts; one per process, since it knows the writes in flight. Throws EventStoreUnavailable. */
export type Recorder = {
  /** Stores the delivery first; a reconciled fact has none. */
  record(fact: CallFact, delivery?: Delivery): Promise<Recorded>;
  /** Keeps an unreadable delivery: nothing authentic is ever dropped. */
  quarantine(reason: DeliveryQuarantined['reason'], delivery: Delivery): Promise<Quarantined>;
  /** Whether the person of a call is erased. */
  isErased(tenantId: string, callId: string): Promise<boolean>;
  /** Forgets what was written: the log may be in another state, and what is delivered again must be looked for in it. */
  forget(): void;
  /** Resolves when nothing is being written. */
  idle(): Promise<void>;
};

const LONGEST = 10 * 1024 * 1024;
const MS_PER_MEBIBYTE = 300;

/** How long to try to store a body: `budgetMs`, and more for a large one. */
export const timeFor = (bytes: number, budgetMs: number): number =>
  budgetMs + (Math.min(bytes, LONGEST) / 1024 / 1024) * MS_PER_MEBIBYTE;

/** `budgetMs`: how long to try to store a small fact. */
export function openRecorder(log: EventLog, budgetMs: number): Recorder {
  const memory = streamMemory();
  const writes = keyedMutex();
  const fastPath = newCallWriter(log, memory);

  const enterLarge = concurrencyLimit({
    ...{ slots: places(1), queueMs: timeFor(LONGEST, budgetMs), holdMs: 60_000 },
    tooLate: () => new EventStoreOverloaded('too many large bodies wait for the event store'),
  });
  /** One at a time: of four at once the first ends in a quarter of the time, where together all would be late. */
  const oneAtATime = async <T>(
    tenantId: string,
    { deadline }: Writing,
    isLarge: boolean,
    write: () => Promise<T>,
  ): Promise<T> => {
    if (!isLarge) return write();
    const leave = await enterLarge(tenantId);
    try {
      if (performance.now() > deadline) throw new EventStoreOverloaded('its turn among the large ones came too late');
      return await write();
    } finally {
      leave();
    }
  };

  const writeIn = <T>(stream: string, bytes: number, write: (writing: Writing) => Promise<T>): Promise<T> => {
    const deadline = performance.now() + timeFor(bytes, budgetMs);
    const writing = { log, memory, deadline, onAppended: fastPath.acknowledged };
    return writes.run(stream, () => {
      // The caller has had its 503 by now: do not build up a backlog.
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
        const isLarge = events.length > 1 || (evidence?.events.length ?? 0) > 1;
        const written = { stream, events, whenErased: () => eventsWithoutPerson(fact) };
        const recorded = () => recordFact(fact, written, evidence, writing, fastPath);
        return oneAtATime(fact.metadata.tenantId, writing, isLarge, recorded);
      });
    },
    quarantine: (reason, delivery) => {
      const stream = quarantineStream(delivery.tenant.id, delivery.sha256);
      return writeIn(stream, delivery.body.length, async (writing) => {
        const events = await quarantineEvents(reason, delivery);
        const append = () => appendMissing({ stream, events }, writing);
        const outcome = await oneAtATime(delivery.tenant.id, writing, events.length > 2, append);
        return outcome === 'appended' ? 'quarantined' : 'duplicate';
      });
    },
    isErased: (tenantId, callId) => {
      const stream = callStream(tenantId, callId);
      return writeIn(stream, 0, async (writing) => (await look(stream, writing)).erased === true);
    },
    forget() {
      memory.clear();
      fastPath.forget();
    },
    idle: writes.idle,
  };
}

/** A fact that is on record is a duplicate: nothing is written, not even its evidence. */
async function recordFact(
  fact: CallFact,
  written: Written,
  evidence: Written | undefined,
  writing: Writing,
  fastPath: NewCallWriter,
): Promise<Recorded> {
  const { stream } = written;
  const isHot = writing.memory.recall(stream) !== undefined;
  if (!isHot && evidence && (await fastPath.record(evidence, written))) return 'recorded';

  const seen = await look(stream, writing);
  if (seen.ids.has(fact.id)) {
    if (isHot || !evidence || seen.erased || (await hasEvidence(fact, evidence.stream, writing))) return 'duplicate';
    await appendMissing(evidence, writing);
    return 'recorded';
  }
  // Where the call is erased meanwhile, so is the stream of its evidence, and nothing more is written to it.
  if (evidence && !seen.erased) await appendMissing(evidence, writing);
  return (await appendMissing(written, writing)) === 'appended' ? 'recorded' : 'duplicate';
}

/** Give up on a slower answer; the careful way, which reads, has the remaining time. */
const ANSWER_WITHIN_MS = 1000;
/** How long the fast path is off after the event store failed to answer. */
const AILING_MS = 5000;

type NewCallWriter = ReturnType<typeof newCallWriter>;

/**
 * The fast path for a new call: sends evidence and fact at once to streams that must not exist; client and server keep
 * the order. One round trip instead of three.
 */
function newCallWriter(log: EventLog, memory: StreamMemory) {
  let ailingUntil = 0;
  /** The last acknowledged position: a new event must come after it. */
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
     * True: both are on disk. False: not tried or unclear, so read the stream: the fact may be there, even without its
     * evidence.
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
        // An overloaded store has even less time for three round trips.
        if (!(reason instanceof EventStoreUnavailable) || reason instanceof EventStoreOverloaded) throw reason;
        ailingUntil = performance.now() + AILING_MS;
      }
      if (before.status === 'rejected' || after.status === 'rejected') return false;
      if (after.value !== undefined) newest = after.value > newest ? after.value : newest;
      return before.value !== undefined && after.value !== undefined;
    },
    forget(): void {
      newest = undefined;
    },
    /** To be called with every other acknowledged append. */
    acknowledged(position: bigint | undefined): void {
      if (position !== undefined && (newest === undefined || position > newest)) newest = position;
    },
  };
}

/**
 * The events of `quarantine-<tenant>.<digest of the body>`: the bytes, then the reason, which lists them once all can
 * be read. Ids follow from the body, so a repetition adds nothing.
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
