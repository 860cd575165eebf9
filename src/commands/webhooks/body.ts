import type { IncomingMessage } from 'node:http';

export type BodyLimits = {
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
export function bodyReader({ limitBytes, timeoutMs, totalBytes }: BodyLimits): (incoming: IncomingMessage) => Held {
  const holders = new Set<Holder>();
  let held = 0;

  const makeRoom = () => {
    if (held <= totalBytes) return;
    const sending = [...holders].filter((h) => h.reading);
    sending.reduce((a, b) => (b.size > a.size ? b : a)).giveUp('too_busy'); // not empty: the one that just grew is among them
  };

  return (incoming) => {
    const chunks: Buffer[] = [];
    const { promise, resolve } = Promise.withResolvers<Buffer | Unread>();

    const settle = (result: Buffer | Unread) => {
      if (!holder.reading) return;
      holder.reading = false;
      clearTimeout(timer);
      incoming.off('data', onData).off('end', onEnd).off('close', onClose);
      if (!Buffer.isBuffer(result)) free();
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
    const onEnd = () => settle(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    const onClose = () => settle('client_gone');

    const holder: Holder = { size: 0, reading: true, giveUp: settle };
    const timer = setTimeout(() => settle('body_too_slow'), timeoutMs);
    holders.add(holder);
    if (incoming.destroyed) settle('client_gone');
    else incoming.on('data', onData).on('end', onEnd).on('close', onClose);
    return { bytes: promise, release: free };
  };
}
