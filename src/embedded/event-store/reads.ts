import { setImmediate as nextTurn } from 'node:timers/promises';
import { type LogReader, type Row, type StreamRow, takePage } from './log-reader.ts';
import type { Outlet } from './outlet.ts';
import { badRequest, streamDeleted } from './refusal.ts';
import type { ReadRequest } from './requests.ts';
import { streamNotFound } from './signals.ts';
import { firstShown, limitsFrom, oldestShown } from './stream-metadata.ts';

/** The rows beyond a place; none past `last`, where the log or the stream ended when the read began. */
type Section = { readonly start: number; readonly beyond: (place: number) => Iterable<Row>; readonly last: number };

/** Answers a read that ends. */
export async function readOnce(log: LogReader, out: Outlet, request: ReadRequest): Promise<void> {
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
