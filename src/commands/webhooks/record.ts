import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import type { DeliveryQuarantined } from '../../events/raw-delivery.ts';
import { callStream, quarantineStream } from '../../events/streams.ts';
import { appendMissing, look, type Writing } from './append-missing.ts';
import type { CallFact, Delivery } from './call-fact.ts';
import { evidenceOf, hasEvidence } from './evidence.ts';
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

/** `budgetMs`: for how long one fact is tried before the store counts as not answering. */
export function recorder(log: EventLog, budgetMs: number): Recorder {
  const memory = streamMemory();
  const turns = inTurn();
  const asNew = newRecords(log, memory);

  const writeIn = <T>(stream: string, write: (writing: Writing) => Promise<T>): Promise<T> => {
    const writing = { log, memory, deadline: performance.now() + budgetMs, onAppended: asNew.acknowledged };
    return turns.take(stream, () => {
      // Whoever asked has been answered 503 while others waited for the store before him: no backlog behind it.
      if (performance.now() > writing.deadline) throw new EventStoreUnavailable(`${stream}: its turn came too late`);
      return write(writing);
    });
  };

  return {
    record: (fact, delivery) => {
      const stream = callStream(fact.metadata.tenantId, fact.callId);
      return writeIn(stream, (writing) => recordFact(stream, fact, delivery, writing, asNew));
    },
    quarantine: (reason, delivery) => {
      const stream = quarantineStream(delivery.tenant.id, delivery.sha256);
      return writeIn(stream, async (writing) => {
        const events = await quarantineEvents(reason, delivery);
        return (await appendMissing(stream, events, writing)) === 'appended' ? 'quarantined' : 'duplicate';
      });
    },
    idle: turns.idle,
  };
}

/** A fact that is already on record is no news: nothing is written, its evidence least of all. */
async function recordFact(
  stream: string,
  fact: CallFact,
  delivery: Delivery | undefined,
  writing: Writing,
  asNew: NewRecords,
): Promise<Recorded> {
  const events = eventsOf(fact);
  const evidence = delivery && (await evidenceOf(fact, delivery));
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
