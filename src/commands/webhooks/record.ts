import { concurrencyLimit } from '../../events/concurrency-limit.ts';
import { type EventLog, EventStoreOverloaded, EventStoreUnavailable } from '../../events/event-log.ts';
import { appendMissing, look, type Writing } from '../../events/idempotent-append.ts';
import type { DeliveryQuarantined } from '../../events/raw-delivery.ts';
import { callStream, quarantineStream } from '../../events/streams.ts';
import { evidenceOf, hasEvidence } from '../../evidence/evidence.ts';
import type { CallFact, Delivery } from '../../retell/call-fact.ts';
import { inTurn } from './in-turn.ts';
import { quarantineEvents } from './quarantine.ts';
import { type NewRecords, newRecords, type Written } from './record-as-new.ts';
import { streamMemory } from './stream-memory.ts';
import { eventsOf } from './text-parts.ts';

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
  const turns = inTurn();
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
    return turns.take(stream, () => {
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
    idle: turns.idle,
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
