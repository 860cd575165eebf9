import { concurrencyLimit } from '../../events/concurrency-limit.ts';
import { EventStoreOverloaded } from '../../events/event-log.ts';
import { places, shares } from '../../events/shares.ts';

const LARGE = 1024 * 1024;
const WAIT_MS = 30_000;

/** A turn to work on a body of a tenant's. */
export type Turns = (tenantId: string, body: { readonly length: number }) => Promise<void>;

/**
 * Each step takes some fifty milliseconds for a large body. Between two such steps, whosever, the thread does what
 * else there is, however many large bodies are there at once.
 */
export function turnsOfLarge(): Turns {
  const enter = concurrencyLimit({
    ...{ slots: places(1), queueMs: WAIT_MS, holdMs: WAIT_MS },
    tooLate: () => new EventStoreOverloaded('too many large bodies at once'),
  });
  return async (tenantId, { length }) => {
    if (length <= LARGE) return;
    const leave = await enter(tenantId);
    setImmediate(leave);
  };
}

/** Where verified deliveries wait to be recorded: what gives a place back, or why a tenant gets none. */
type WaitingRoom = (tenantId: string, bytes: number) => (() => void) | 'overloaded' | 'too_busy';

export function waitingRoom(most: number, totalBytes: number): WaitingRoom {
  const [places, memory] = [shares(most), shares(totalBytes)];
  return (tenantId, bytes) => {
    const leave = places(tenantId);
    if (leave === undefined) return 'overloaded';
    const free = memory(tenantId, bytes);
    if (free === undefined) {
      leave();
      return 'too_busy';
    }
    return () => {
      leave();
      free();
    };
  };
}
