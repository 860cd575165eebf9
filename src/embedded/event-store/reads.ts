import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream, ServiceError } from '@grpc/grpc-js';
import {
  badRequest,
  caughtUp,
  confirmation,
  consumerTooSlow,
  invalidPosition,
  type Refusal,
  shuttingDown,
  streamDeleted,
  streamNotFound,
} from './answers.ts';
import { withLinkResolved } from './links.ts';
import { type LogReader, type Row, readPage, type StreamRow } from './log-reader.ts';
import { type ReadRequest, readRequest } from './requests.ts';
import { firstShown, limitsFrom, oldestShown } from './schema.ts';
import { allFeed, type SubscriptionFeed, streamFeed } from './subscription-feed.ts';

/** Wakes the subscriptions after a commit, so that they read on, and when the node stops. */
export function commitSignal() {
  const listeners = new Set<() => void>();
  let isOver = false;
  function notify(): void {
    for (const listener of listeners) listener();
  }
  return {
    /** Returns a function that ends it. */
    onCommit(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    notify,
    /** No commit follows. */
    isOver: (): boolean => isOver,
    end(): void {
      isOver = true;
      notify();
    },
  };
}

export type CommitSignal = ReturnType<typeof commitSignal>;

type ReadCall = ServerWritableStream<streams.ReadReq, Uint8Array>;

/** Writes the answer of a call, at the pace at which its client reads. */
function callWriter(call: ReadCall) {
  let woken = false;
  let resume: (() => void) | undefined;
  function wake(): void {
    woken = true;
    resume?.();
  }
  call.on('drain', wake);
  call.on('cancelled', wake);
  call.on('close', wake);

  return {
    write: (message: Uint8Array): void => void call.write(message),
    end: (): void => void call.end(),
    /** What was written before still arrives first. */
    fail: (error: Partial<ServiceError>): void => void call.emit('error', error),
    /** More would only pile up here. */
    full: (): boolean => call.writableNeedDrain,
    closed: (): boolean => call.cancelled || call.destroyed,
    wake,
    /** Waits for `wake`, a drained buffer or the end of the call, unless one of them came since the last wait. */
    async changed(): Promise<void> {
      if (!woken)
        await new Promise<void>((resolve) => {
          resume = resolve;
        });
      resume = undefined;
      woken = false;
    },
  };
}

type CallWriter = ReturnType<typeof callWriter>;

/** The rows beyond a place, up to `last`: where the log or the stream ended when the read began. */
type Section = { readonly start: number; readonly beyond: (place: number) => Iterable<Row>; readonly last: number };

/** Answers a read that ends. */
async function readOnce(log: LogReader, out: CallWriter, request: ReadRequest): Promise<void> {
  const unreadable = badRequest('Unexpected ReadStreamResult: Error');
  if (request.of === 'all') {
    if (request.backwards && request.from !== 'end' && request.from !== 'start' && request.from.commit > log.head() + 1)
      return out.fail(unreadable);
    if (neverWasAnEvent(log, request)) return out.fail(invalidPosition);
    return writeRows(out, ofAll(log, request), request.count);
  }
  if (request.count === 0 || (!request.backwards && request.from === 'end')) return out.fail(unreadable);

  const stream = log.stream(request.stream);
  if (log.isTombstoned(request.stream)) return out.fail(streamDeleted(request.stream));
  if (!stream || stream.last < 0 || limitsFrom(stream.metadata).softDeleted) {
    out.write(streamNotFound(request.stream));
    return out.end();
  }
  return writeRows(out, ofStream(log, request, stream), request.count);
}

/** Beyond the end nothing is known yet, and 0 is where the log begins. */
function neverWasAnEvent(log: LogReader, { from }: ReadRequest & { of: 'all' }): boolean {
  return typeof from === 'object' && from.commit > 0 && from.commit <= log.head() && !log.hasEventAt(from.commit);
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

async function writeRows(out: CallWriter, { start, beyond, last }: Section, count: number): Promise<void> {
  let left = count;
  let place = start;
  while (left > 0) {
    const page = readPage(beyond(place), left);
    for (const [at, message] of page.rows) {
      if (at > last) return out.end();
      place = at;
      if (!message) continue;
      left--;
      out.write(message);
      while (out.full() && !out.closed()) await out.changed();
      if (out.closed()) return;
    }
    if (!page.more) break;
    await nextTurn();
  }
  out.end();
}

// A live server drops a live consumer that is some hundred events behind. An application has to meet that before
// production, so this node drops one too.
const MAX_BEHIND_WHILE_LIVE = 4096;
// A live server looks for a missing stream from time to time; its first events come together, before "caught up".
const LOOK_AGAIN_MS = 50;

/** Delivers a feed until the client cancels or the node stops: what is stored, "caught up", then what is committed. */
async function subscription(
  out: CallWriter,
  feed: SubscriptionFeed,
  commits: CommitSignal,
  deleted: Refusal,
): Promise<void> {
  const stopListening = commits.onCommit(out.wake);
  try {
    const end = await deliver(out, feed, deleted, commits);
    if (end) out.fail(end);
  } finally {
    stopListening();
  }
}

async function deliver(
  out: CallWriter,
  feed: SubscriptionFeed,
  deleted: Refusal,
  commits: CommitSignal,
): Promise<Refusal | undefined> {
  if (feed.deleted()) return deleted;
  out.write(confirmation(randomUUID()));
  if (!feed.exists()) await untilItExists(out, feed, commits);

  let live = false;
  while (!out.closed()) {
    if (commits.isOver()) return shuttingDown;
    const page = feed.next(live);
    let waited = false;
    for (const message of page.messages) {
      out.write(message);
      while (out.full() && !out.closed() && !commits.isOver()) {
        if (live && feed.behind() > MAX_BEHIND_WHILE_LIVE) return consumerTooSlow;
        await out.changed();
        waited = true; // a commit may have been signalled meanwhile
      }
      if (out.closed()) return undefined;
    }
    if (page.ended) return deleted;
    if (page.more || waited) await nextTurn();
    else if (live) await out.changed();
    else {
      live = true;
      out.write(caughtUp);
    }
  }
  return undefined;
}

async function untilItExists(out: CallWriter, feed: SubscriptionFeed, commits: CommitSignal): Promise<void> {
  while (!out.closed() && !commits.isOver() && !feed.exists()) await out.changed();
  await sleep(LOOK_AGAIN_MS);
}

/** The `Read` method: reads and subscriptions, of a stream and of `$all`. */
export function reads(log: LogReader, commits: CommitSignal) {
  return async (call: ReadCall): Promise<void> => {
    const raw = callWriter(call);
    try {
      const request = readRequest(call.request);
      const write = (message: Uint8Array): void => raw.write(withLinkResolved(log, message));
      const out = request.resolveLinks ? { ...raw, write } : raw;
      if (!request.subscription) await readOnce(log, out, request);
      else if (request.of === 'stream')
        await subscription(out, streamFeed(log, request), commits, streamDeleted(request.stream));
      else if (neverWasAnEvent(log, request)) {
        out.write(confirmation(randomUUID()));
        out.fail(invalidPosition);
      } else await subscription(out, allFeed(log, request), commits, badRequest());
    } catch (cause) {
      raw.fail(badRequest(cause instanceof Error ? cause.message : undefined));
    }
  };
}
