import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { ProblemError } from './errors.ts';
import type { AppointmentChanged, OutcomeChanged } from './schema.ts';
import { wait } from './wait.ts';

/**
 * An event of the live feed; `id` is the cursor behind it, to be kept. `ready` comes once. `reset`: the log is another one, or was
 * restored; what was read before may not be so any more.
 */
export type LiveEvent = { readonly id: string } & (
  | { readonly event: 'ready'; readonly data: { readonly cursor: string } }
  | { readonly event: 'reset'; readonly data: { readonly cursor: string; readonly reason: string } }
  | { readonly event: 'call.outcome.changed'; readonly data: OutcomeChanged }
  | { readonly event: 'appointment.changed'; readonly data: AppointmentChanged }
);

export type LiveOptions = {
  /** The id of the last event that was received; absent: from now on. */
  readonly cursor?: string;
  /** Ends the feed. */
  readonly signal?: AbortSignal;
  /** Called for each connection that was lost, before it is made again. */
  readonly onLost?: (why: unknown) => void;
};

type Connection = LiveOptions & { readonly url: string; readonly key: string; readonly fetch: typeof fetch };

/** Two heartbeats, and something: a connection that is silent for longer is gone. */
const SILENT_MS = 40_000;
const RETRY_MS = [500, 1000, 2000, 5000, 10_000] as const;
/** Only a person can help. */
const isFinal = (error: unknown): boolean =>
  error instanceof ProblemError && error.status < 500 && error.status !== 429;

/** Throws a ProblemError where the service refuses the key or the cursor, and what `fetch` throws where the first connection fails. */
export async function* liveEvents(connection: Connection): AsyncGenerator<LiveEvent, void> {
  const { signal, onLost } = connection;
  let { cursor } = connection;
  let ready = false;
  for (let attempt = 0; !signal?.aborted; ) {
    let why: unknown;
    try {
      for await (const event of oneConnection({ ...connection, ...(cursor !== undefined && { cursor }) })) {
        attempt = 0;
        cursor = event.id;
        if (event.event !== 'ready' || !ready) yield event;
        ready = true;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (!ready || isFinal(error)) throw error;
      why = error;
    }
    if (signal?.aborted) return;
    onLost?.(why);
    await wait(RETRY_MS[Math.min(attempt++, RETRY_MS.length - 1)]!, signal);
  }
}

async function* oneConnection({ url, key, fetch, cursor, signal }: Connection): AsyncGenerator<LiveEvent, void> {
  const connecting = new AbortController();
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  // A body that is aborted by its request's signal may leave the connection open; one that is cancelled does not.
  const end = () => (reader ? void reader.cancel().catch(() => {}) : connecting.abort());
  const silence = setTimeout(end, SILENT_MS);
  signal?.addEventListener('abort', end);
  try {
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const response = await fetch(`${url}/api/live${query}`, {
      headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
      redirect: 'error',
      signal: connecting.signal,
    });
    if (!response.ok || response.body === null) throw await ProblemError.of('GET /api/live', response);
    reader = response.body.getReader();
    if (signal?.aborted) return;
    const found: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: (message) => found.push(message) });
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      silence.refresh();
      parser.feed(decoder.decode(value, { stream: true }));
      for (const { event, id, data } of found.splice(0)) {
        if (event === 'closed') return;
        yield { event, id, data: JSON.parse(data) } as LiveEvent;
      }
    }
  } finally {
    clearTimeout(silence);
    signal?.removeEventListener('abort', end);
    end();
  }
}
