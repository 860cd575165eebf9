import type { IncomingMessage } from 'node:http';
import { bodyLimit } from 'hono/body-limit';
import { PROBLEM, problem } from './problem.ts';

/** For every route that reads a body, but the webhooks, which have their own way and limit. */
export const limitedBody = bodyLimit({
  maxSize: 64 * 1024,
  onError: (c) => problem(c, 413, 'body_too_large', { detail: 'The body is too large.' }),
});

/** So much is read and thrown away, so that the connection can go on to the next request. */
const LITTLE_BYTES = 64 * 1024;
/** Of a larger body so much at most, before the connection is closed. */
const DRAINED_BYTES = 32 * 1024 * 1024;
const DRAINED_MS = 10_000;
/** A sender who has paused for so long is not about to read an answer. */
const IDLE_MS = 2000;

/**
 * Answers before the whole body has come. A server that closes with bytes unread resets the connection, so the rest of
 * a large body is read first, up to a limit.
 */
export async function earlyAnswer(
  incoming: IncomingMessage,
  answer: Response,
  isClosing: AbortSignal,
): Promise<Response> {
  if (incoming.readableEnded || incoming.destroyed) return answer;
  incoming.removeAllListeners('data').resume(); // its reader has already answered
  if (incoming.complete) return answer;
  const isLittle = Number(incoming.headers['content-length']) <= LITTLE_BYTES;
  if (isLittle && answer.headers.get('connection') !== 'close') return answer;

  const drained = drain(incoming, isClosing);
  const headers = new Headers(answer.headers);
  headers.set('connection', 'close');
  let { body } = answer;
  if (headers.get('content-type') === PROBLEM) {
    // With a length the client has it whole, while its end is still being held back.
    const bytes = await answer.arrayBuffer();
    headers.set('content-length', String(bytes.byteLength));
    body = new Blob([bytes]).stream();
  }
  const held = body?.pipeThrough(new TransformStream({ flush: () => drained })) ?? null;
  return new Response(held, { status: answer.status, headers });
}

/** Settles when the body has ended, or has been read for long enough. */
function drain(incoming: IncomingMessage, isClosing: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const until = performance.now() + DRAINED_MS;
  let bytes = 0;
  const idle = setTimeout(resolve, IDLE_MS);
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DRAINED_BYTES || performance.now() > until) resolve();
    else idle.refresh();
  });
  const stop = () => resolve();
  incoming.on('end', stop).on('close', stop);
  if (isClosing.aborted) stop();
  isClosing.addEventListener('abort', stop);
  return promise.finally(() => {
    clearTimeout(idle);
    isClosing.removeEventListener('abort', stop);
  });
}
