import { setTimeout as sleep } from 'node:timers/promises';
import { decode, type Fact } from '../../src/events/codec.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import type { Recorded } from '../../src/events/recorded.ts';
import { prefixOf } from '../../src/events/streams.ts';
import { isGone } from './erasures.ts';

/** What the log holds, as far as it was read. */
export type Ledger = {
  readonly recorded: readonly Recorded[];
  readonly facts: readonly Fact[];
  /** Reads on to the end, which has moved meanwhile. */
  readOn(): Promise<void>;
};

const prefixes = (['call', 'session', 'ticket', 'appointment', 'quarantine'] as const).map(prefixOf);
const LIMIT_MS = 60_000;

/** Everything in the log but what belongs to tenants, evidence and reactions. */
export function openLedger(log: EventLog): Ledger {
  const recorded: Recorded[] = [];
  const facts: Fact[] = [];
  return {
    recorded,
    facts,
    async readOn() {
      const over = AbortSignal.timeout(LIMIT_MS);
      const after = recorded.at(-1)?.position;
      for await (const { events, caughtUp } of log.subscribe({ prefixes, after, signal: over })) {
        for (const event of events) {
          recorded.push(event);
          const fact = decode(event);
          if (fact) facts.push(fact);
        }
        if (caughtUp) return;
        await sleep(0);
      }
      throw new Error(`the log was not read to its end in ${LIMIT_MS} ms`);
    },
  };
}

/** What a fact says, in the words in which the load knows it. */
export function entryOf({ stream, type, data }: Recorded): string {
  const { personal, note } = data as { personal?: { collected?: { variant?: string } }; note?: string };
  return `${stream} ${type} ${personal?.collected?.variant ?? note ?? 'first'}`;
}

/** The kinds that only somebody who was answered can have caused. */
export const isAsked = ({ stream, type }: Recorded): boolean =>
  !isGone(stream) && (stream.startsWith('call-') || type === 'TicketStatusSet' || type === 'DeliveryQuarantined');
