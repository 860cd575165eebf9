import { BACKWARDS, END, type EventStoreDBClient, FORWARDS, START, type StreamingRead } from '@eventstore/db-client';
import { asOurs, EventStoreTimeout, isInvalidPosition } from './event-store-errors.ts';
import { type Recorded, recordedOf } from './recorded.ts';

/** The newest events, newest first, `before` a position. */
export const newest = (client: EventStoreDBClient, timeoutMs: number, maxCount: number, before?: bigint) => {
  const fromPosition = before === undefined ? END : { commit: before, prepare: before };
  return readAll(client.readAll({ direction: BACKWARDS, fromPosition, maxCount }), timeoutMs);
};

/** The event at exactly this position, if any. */
export async function at(
  client: EventStoreDBClient,
  timeoutMs: number,
  position: bigint,
): Promise<Recorded | undefined> {
  const fromPosition = { commit: position, prepare: position };
  try {
    const [event] = await readAll(client.readAll({ direction: FORWARDS, fromPosition, maxCount: 1 }), timeoutMs);
    return event?.position === position ? event : undefined;
  } catch (error) {
    if (isInvalidPosition(error)) return undefined;
    throw error;
  }
}

/** The first event. */
export async function oldest(client: EventStoreDBClient, timeoutMs: number): Promise<Recorded | undefined> {
  const reading = client.readAll({ direction: FORWARDS, fromPosition: START, maxCount: 1 });
  return (await readAll(reading, timeoutMs))[0];
}

async function readAll(reading: ReturnType<EventStoreDBClient['readAll']>, timeoutMs: number): Promise<Recorded[]> {
  const iterator = reading[Symbol.asyncIterator]();
  const events: Recorded[] = [];
  try {
    // Reads to the end: an iterator left early stays open in the client, and `close` would wait for it.
    for (;;) {
      const next = await answered(iterator.next(), timeoutMs, 'read $all');
      if (next.done) return events;
      if (next.value.event) events.push(recordedOf(next.value.event));
    }
  } catch (error) {
    throw asOurs(error, 'read $all');
  } finally {
    abandon(reading);
  }
}

/** Ends an abandoned read at the server as well, and ignores its late errors. */
export function abandon(reading: StreamingRead<unknown>): void {
  reading.on('error', () => {});
  reading.destroy();
  void reading.cancel().catch(() => {});
}

/** The client's batch path has no deadline: a silent server would block the call for 20 s. */
export async function answered<T>(call: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new EventStoreTimeout(`${what}: no answer in ${timeoutMs} ms`));
    // If this process was blocked, timers fire before waiting socket data: read that first.
    timer = setTimeout(() => {
      timer = setTimeout(giveUp, 50);
    }, timeoutMs);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
    call.catch(() => {}); // a rejection after the timeout has no other handler
  }
}
