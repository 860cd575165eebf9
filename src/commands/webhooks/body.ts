import type { IncomingMessage } from 'node:http';

export type BodyLimits = {
  /** Of one body. */
  readonly limitBytes: number;
  /** From the first look at the request to the last byte. */
  readonly timeoutMs: number;
  /** Of all bodies held at once, from their first byte until their request is answered. */
  readonly totalBytes: number;
};

export type Unread = 'body_too_large' | 'body_too_slow' | 'too_busy' | 'client_gone';

/** A body being read or held; `release` it when the request is answered. */
export type Held = { readonly bytes: Promise<Buffer | Unread>; release(): void };

type Holder = { size: number; reading: boolean; giveUp(why: Unread): void };

/**
 * Reads bodies as the bytes that were sent: the signature covers them, whatever `Content-Encoding` says, and nothing
 * is ever inflated. Stops at the limit while reading. When all bodies together take too much memory, the largest that
 * is still being sent is given up: nobody can keep the small, genuine ones out by sending large ones slowly.
 */
export function bodyReader({ limitBytes, timeoutMs, totalBytes }: BodyLimits): (incoming: IncomingMessage) => Held {
  const holders = new Set<Holder>();
  let held = 0;

  const makeRoom = () => {
    if (held <= totalBytes) return;
    const sending = [...holders].filter((h) => h.reading);
    sending.reduce((a, b) => (b.size > a.size ? b : a)).giveUp('too_busy'); // the one that has just grown is among them
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
