import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream, ServiceError } from '@grpc/grpc-js';
import {
  badRequest,
  caughtUp,
  confirmation,
  consumerTooSlow,
  type Refusal,
  streamDeleted,
  streamNotFound,
} from './answers.ts';
import { type Feed, feedOfAll, feedOfStream } from './feed.ts';
import { type LogReader, type Row, type StreamRow, takePage } from './log-reader.ts';
import { type ReadRequest, readRequest } from './requests.ts';
import { firstShown, limitsFrom, oldestShown } from './schema.ts';

/** Tells the subscriptions that something was committed. They read it from the log themselves. */
export function news() {
  const listeners = new Set<() => void>();
  return {
    /** The answer ends it. */
    listen(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell(): void {
      for (const listener of listeners) listener();
    },
  };
}

type News = ReturnType<typeof news>;

type ReadCall = ServerWritableStream<streams.ReadReq, Uint8Array>;

/** The answer side of a call, written to at the pace at which its client reads. */
function outlet(call: ReadCall) {
  let rung = false;
  let wake: (() => void) | undefined;
  function ring(): void {
    rung = true;
    wake?.();
  }
  call.on('drain', ring);
  call.on('cancelled', ring);
  call.on('close', ring);

  return {
    write: (message: Uint8Array): void => void call.write(message),
    end: (): void => void call.end(),
    /** What was written before still arrives first. */
    fail: (error: Partial<ServiceError>): void => void call.emit('error', error),
    /** More would only pile up here. */
    full: (): boolean => call.writableNeedDrain,
    closed: (): boolean => call.cancelled || call.destroyed,
    ring,
    /** Until `ring`, a drained buffer or the end of the call. None is missed that came since the last time. */
    async change(): Promise<void> {
      if (!rung)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      wake = undefined;
      rung = false;
    },
  };
}

type Outlet = ReturnType<typeof outlet>;

/** The rows beyond a place; none past `last`, where the log or the stream ended when the read began. */
type Section = { readonly start: number; readonly beyond: (place: number) => Iterable<Row>; readonly last: number };

/** Answers a read that ends. */
async function readOnce(log: LogReader, out: Outlet, request: ReadRequest): Promise<void> {
  const unreadable = badRequest('Unexpected ReadStreamResult: Error');
  if (request.of === 'all') {
    if (request.backwards && request.from !== 'end' && request.from !== 'start' && request.from.commit > log.head() + 1)
      return out.fail(unreadable);
    return pour(out, ofAll(log, request), request.count);
  }
  if (request.count === 0 || (!request.backwards && request.from === 'end')) return out.fail(unreadable);

  const stream = log.stream(request.stream);
  if (log.isTombstoned(request.stream)) return out.fail(streamDeleted(request.stream));
  if (!stream || stream.last < 0 || limitsFrom(stream.metadata).softDeleted) {
    out.write(streamNotFound(request.stream));
    return out.end();
  }
  return pour(out, ofStream(log, request, stream), request.count);
}

function ofStream(log: LogReader, request: ReadRequest & { of: 'stream' }, { id, last, metadata }: StreamRow): Section {
  const limits = limitsFrom(metadata);
  const oldest = oldestShown(limits, Date.now());
  const first = firstShown(request.stream, last, limits);
  if (request.backwards) {
    const from = request.from === 'start' ? 0 : request.from === 'end' ? last : Math.min(request.from, last);
    return { start: from + 1, beyond: (place) => log.backwards(id, place - 1, first, oldest), last };
  }
  const from = typeof request.from === 'number' ? request.from : 0;
  const start = Math.max(from, first) - 1;
  return { start, beyond: (place) => log.forwards(id, place + 1, oldest), last };
}

function ofAll(log: LogReader, { from, backwards, filter }: ReadRequest & { of: 'all' }): Section {
  const head = log.head();
  if (backwards) {
    // Backwards a position is left out, forwards it is part of the answer.
    const start = from === 'end' ? head + 1 : from === 'start' ? 0 : from.commit;
    return { start, beyond: (place) => log.allBefore(place, filter), last: head };
  }
  const start = from === 'end' ? head : from === 'start' ? 0 : Math.min(from.commit, head + 1) - 1;
  return { start, beyond: (place) => log.allAfter(place, filter), last: head };
}

async function pour(out: Outlet, { start, beyond, last }: Section, count: number): Promise<void> {
  let left = count;
  let place = start;
  while (left > 0) {
    const page = takePage(beyond(place), left);
    for (const [at, message] of page.rows) {
      if (at > last) return out.end();
      place = at;
      if (!message) continue;
      left--;
      out.write(message);
      while (out.full() && !out.closed()) await out.change();
      if (out.closed()) return;
    }
    if (!page.more) break;
    await nextTurn();
  }
  out.end();
}

// A live server buffers some hundred events for a live consumer and then drops it. Nothing is buffered here, so this
// could be any number; it exists because an application has to meet the drop before production.
const MAX_BEHIND_WHILE_LIVE = 4096;
// A live server looks for a missing stream from time to time; its first events come together, before "caught up".
const LOOK_AGAIN_MS = 50;

/** Delivers a feed: what is there, "caught up", and then what comes, until the client has had enough. */
async function subscription(out: Outlet, feed: Feed, news: News, deleted: Refusal): Promise<void> {
  const silence = news.listen(out.ring);
  try {
    const end = await deliver(out, feed, deleted);
    if (end) out.fail(end);
  } finally {
    silence();
  }
}

async function deliver(out: Outlet, feed: Feed, deleted: Refusal): Promise<Refusal | undefined> {
  if (feed.deleted()) return deleted;
  out.write(confirmation(randomUUID()));
  if (!feed.exists()) await existence(out, feed);

  let live = false;
  while (!out.closed()) {
    const page = feed.next(live);
    let heard = false;
    for (const message of page.messages) {
      out.write(message);
      while (out.full() && !out.closed()) {
        if (live && feed.behind() > MAX_BEHIND_WHILE_LIVE) return consumerTooSlow;
        await out.change();
        heard = true; // perhaps of more events, and nobody will tell us again
      }
      if (out.closed()) return undefined;
    }
    if (page.ended) return deleted;
    if (page.more || heard) await nextTurn();
    else if (live) await out.change();
    else {
      live = true;
      out.write(caughtUp);
    }
  }
  return undefined;
}

async function existence(out: Outlet, feed: Feed): Promise<void> {
  while (!out.closed() && !feed.exists()) await out.change();
  await sleep(LOOK_AGAIN_MS);
}

/** The `Read` method: reads and subscriptions, of a stream and of `$all`. */
export function reads(log: LogReader, news: News) {
  return async (call: ReadCall): Promise<void> => {
    const out = outlet(call);
    try {
      const request = readRequest(call.request);
      if (!request.subscription) await readOnce(log, out, request);
      else if (request.of === 'all') await subscription(out, feedOfAll(log, request), news, badRequest());
      else await subscription(out, feedOfStream(log, request), news, streamDeleted(request.stream));
    } catch (cause) {
      out.fail(badRequest(cause instanceof Error ? cause.message : undefined));
    }
  };
}
