import type { EventLog } from '../../events/event-log.ts';
import type { DeliveryQuarantined } from '../../events/raw-delivery.ts';
import { callStream, quarantineStream } from '../../events/streams.ts';
import { appendMissing, look, type Writing } from './append-missing.ts';
import type { CallFact, Delivery } from './call-fact.ts';
import { storeEvidence } from './evidence.ts';
import { inTurn, shared } from './in-turn.ts';
import { quarantine } from './quarantine.ts';
import { streamMemory } from './stream-memory.ts';
import { eventsOf } from './text-parts.ts';

export type Recorded = 'recorded' | 'duplicate';
export type Quarantined = 'quarantined' | 'duplicate';

/** Puts facts on disk; one for the whole process, since it knows what is under way. Throws EventStoreUnavailable. */
export type Recorder = {
  /** With the delivery that it rests on, which is then stored first; a reconciled fact has none. */
  record(fact: CallFact, delivery?: Delivery): Promise<Recorded>;
  quarantine(reason: DeliveryQuarantined['reason'], delivery: Delivery): Promise<Quarantined>;
  /** When nothing is being written any more. */
  idle(): Promise<void>;
};

/** `budgetMs`: for how long one fact is tried before the store counts as not answering. */
export function recorder(log: EventLog, budgetMs: number): Recorder {
  const memory = streamMemory();
  const takeTurns = inTurn();
  const facts = shared<Recorded>();
  const quarantined = shared<Quarantined>();
  const writing = (): Writing => ({ log, memory, deadline: performance.now() + budgetMs });

  return {
    async record(fact, delivery) {
      const stream = callStream(fact.metadata.tenantId, fact.callId);
      const until = writing();
      const { result, first } = facts.share(`${stream} ${fact.id}`, () =>
        takeTurns(stream, () => recordIn(stream, fact, delivery, until)),
      );
      const outcome = await result;
      return first ? outcome : 'duplicate';
    },
    async quarantine(reason, delivery) {
      const stream = quarantineStream(delivery.tenant.id, delivery.sha256);
      const until = writing();
      const { result, first } = quarantined.share(stream, () => quarantine(reason, delivery, until));
      const outcome = await result;
      return first ? outcome : 'duplicate';
    },
    idle: async () => void (await Promise.all([facts.idle(), quarantined.idle()])),
  };
}

/** A fact that is already on record is no news: nothing is written, its evidence least of all. */
async function recordIn(
  stream: string,
  fact: CallFact,
  delivery: Delivery | undefined,
  writing: Writing,
): Promise<Recorded> {
  const events = eventsOf(fact);
  const seen = await look(stream, writing);
  if (seen.ids.has(fact.id)) return 'duplicate';
  if (delivery !== undefined) await storeEvidence(fact, delivery, writing);
  return (await appendMissing(stream, events, writing)) === 'appended' ? 'recorded' : 'duplicate';
}
