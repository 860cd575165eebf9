import type { IncomingMessage } from 'node:http';
import { concurrencyLimit } from '../../events/concurrency-limit.ts';
import { EventStoreOverloaded } from '../../events/event-log.ts';
import { places, shares } from '../../events/shares.ts';

// What bodies may take: of the memory, of the thread, and of the places before the event store.

type BodyLimits = {
  /** Of one body. */
  readonly limitBytes: number;
  /** From the start of reading to the last byte. */
  readonly timeoutMs: number;
  /** Of all bodies in memory, from their first byte until their request is answered. */
  readonly totalBytes: number;
};

export type Unread = 'body_too_large' | 'body_too_slow' | 'too_busy' | 'client_gone';

/** A body in memory; `release` it when the request is answered. */
export type Held = { readonly bytes: Promise<Buffer | Unread>; release(): void };

type Holder = { size: number; reading: boolean; giveUp(why: Unread): void };

/**
 * Reads the raw bytes, which the signature covers; nothing is inflated. When all bodies take too much memory, the
 * largest unfinished one is dropped, so slow large ones cannot keep small ones out.
 */
export function bodyReader({ limitBytes, timeoutMs, totalBytes }: BodyLimits) {
  const holders = new Set<Holder>();
  let held = 0;

  const makeRoom = () => {
    if (held <= totalBytes) return;
    const sending = [...holders].filter((h) => h.reading);
    sending.reduce((a, b) => (b.size > a.size ? b : a)).giveUp('too_busy'); // not empty: the one that just grew is among them
  };

  return (incoming: IncomingMessage, turn: (bytes: number) => Promise<void>): Held => {
    const chunks: Buffer[] = [];
    const { promise, resolve } = Promise.withResolvers<'whole' | Unread>();

    const settle = (result: 'whole' | Unread) => {
      if (!holder.reading) return;
      holder.reading = false;
      clearTimeout(timer);
      incoming.off('data', onData).off('end', onEnd).off('close', onClose);
      if (result !== 'whole') free();
      resolve(result);
    };
    const free = () => {
      chunks.length = 0;
      held -= holder.size;
      holder.size = 0;
      holders.delete(holder);
    };
    const onData = (chunk: Buffer) => {
      if (holder.size + chunk.length > limitBytes) return settle('body_too_large');
      chunks.push(chunk);
      holder.size += chunk.length;
      held += chunk.length;
      makeRoom();
    };
    const onEnd = () => settle('whole');
    const onClose = () => settle('client_gone');

    const holder: Holder = { size: 0, reading: true, giveUp: settle };
    const timer = setTimeout(() => settle('body_too_slow'), timeoutMs);
    holders.add(holder);
    if (incoming.destroyed) settle('client_gone');
    else incoming.on('data', onData).on('end', onEnd).on('close', onClose);
    const bytes = promise.then(async (result) => {
      if (result !== 'whole') return result;
      await turn(holder.size); // to put a large one together takes as long as to read it
      return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks.splice(0));
    });
    return { bytes, release: free };
  };
}

const LARGE = 1024 * 1024;
const WAIT_MS = 30_000;

/**
 * A step of work on a large body blocks the thread for some fifty milliseconds. Such steps of all requests follow each
 * other, with other work in between.
 */
export function turnsOfLarge(): (tenantId: string, bytes: number) => Promise<void> {
  const enter = concurrencyLimit({
    ...{ slots: places(1), queueMs: WAIT_MS, holdMs: WAIT_MS },
    tooLate: () => new EventStoreOverloaded('too many large bodies at once'),
  });
  return async (tenantId, bytes) => {
    if (bytes <= LARGE) return;
    const leave = await enter(tenantId);
    setImmediate(leave);
  };
}

/** Lets verified deliveries wait to be recorded: answers what gives the place back, or why there is none. */
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
