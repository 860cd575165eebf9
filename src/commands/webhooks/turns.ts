import { concurrencyLimit } from '../../events/concurrency-limit.ts';
import { EventStoreOverloaded } from '../../events/event-log.ts';
import { places } from '../../events/shares.ts';

const LARGE = 1024 * 1024;
const WAIT_MS = 30_000;

/** A turn to work on a body of a tenant's. */
export type Turns = (tenantId: string, body: Uint8Array) => Promise<void>;

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
