import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { Failure } from './failure.ts';
import type { Service } from './service.ts';

/** An event of the live feed; `id` is the cursor behind it. */
export type LiveEvent = {
  readonly event: string;
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/** A little more than two heartbeats: a connection that is silent for longer is gone. */
const SILENT_MS = 40_000;
const RETRY_MS = [500, 1000, 2000, 5000, 10_000] as const;

type Following = {
  /** Behind which event it begins; absent: now. */
  readonly cursor?: string | undefined;
  readonly signal: AbortSignal;
  /** Called once for each loss. */
  readonly onLost: (why: string) => void;
};

/**
 * The live feed, `ready` first; a lost connection is made again behind the last event. Ends with `signal`; throws a Failure
 * where the first one fails or the key is refused.
 */
export async function* follow(
  service: Service,
  { cursor: from, signal, onLost }: Following,
): AsyncGenerator<LiveEvent> {
  let cursor = from;
  let ready = false;
  for (let attempt = 0; !signal.aborted; ) {
    const silent = new AbortController();
    const timer = setTimeout(() => silent.abort(), SILENT_MS);
    try {
      const body = await service.stream('/api/live', { cursor }, AbortSignal.any([signal, silent.signal]));
      const text = ReadableStream.from(touching(body, timer)).pipeThrough(new TextDecoderStream());
      for await (const { event = 'message', id, data } of text.pipeThrough(new EventSourceParserStream())) {
        const read = { event, id: id ?? '', data: JSON.parse(data) };
        if (event === 'closed' && read.data.reason === 'key_revoked')
          throw new Failure(1, 'The API key was revoked.', { remedy: 'Issue another: call-ledger keys issue' });
        if (event === 'closed') break;
        attempt = 0;
        cursor = id ?? cursor;
        if (event === 'ready' && ready) continue;
        ready = true;
        yield read;
      }
      onLost('the service has closed it');
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Failure)) throw error;
      const { status = 503 } = error.details;
      if (!ready || (error.exitCode === 1 && status !== 503 && status !== 429)) throw error;
      if (attempt === 0) onLost(error.message);
    } finally {
      clearTimeout(timer);
    }
    await sleep(RETRY_MS[Math.min(attempt++, RETRY_MS.length - 1)], undefined, { signal }).catch(() => {});
  }
}

/** Each piece of a body puts the timer off. */
async function* touching(body: AsyncIterable<Uint8Array>, timer: NodeJS.Timeout): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    timer.refresh();
    yield piece;
  }
}
