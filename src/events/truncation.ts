import { randomUUID } from 'node:crypto';
import { type EventStoreDBClient, WrongExpectedVersionError } from '@eventstore/db-client';
import { asOurs, EventStoreUnavailable, StreamDeleted } from './event-store-errors.ts';
import { answered } from './read-all.ts';
import type { Appended, Expected, NewEvent, Place, ReadOptions, Recorded } from './recorded.ts';

/** STORED FORMAT: the last event of a deleted stream, since a scavenge keeps that one, whatever is in it. */
export const STREAM_ERASED = 'StreamErased';

type Streams = {
  read(stream: string, options: ReadOptions): Promise<Recorded[]>;
  append(stream: string, expected: Expected, events: readonly NewEvent[]): Promise<Appended>;
  head(): Promise<bigint | undefined>;
  at(position: bigint): Promise<Recorded | undefined>;
};

/** Others change a stream's metadata seldom, and its last event while its call goes on. */
const ATTEMPTS = 20;

const metastreamOf = (stream: string): string => `$$${stream}`;

/** A stream deleted for good has nothing to hide; its tombstone is somewhere in the log. */
async function unlessTombstoned(log: Streams, work: () => Promise<bigint | undefined>): Promise<bigint | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StreamDeleted) return log.head();
    throw error;
  }
}

/** The newest metadata of a stream, with all that others have set in it. */
async function metadataOf(log: Streams, stream: string): Promise<Recorded | undefined> {
  return (await log.read(metastreamOf(stream), { backwards: true, max: 1 }))[0];
}

const fieldsOf = (metadata: Recorded | undefined): Readonly<Record<string, unknown>> =>
  typeof metadata?.data === 'object' && metadata.data !== null ? { ...metadata.data } : {};

/** `$tb`: the first revision that is shown; 2^63-1, which JavaScript rounds up, for a deleted stream. */
function shownFrom(metadata: Recorded | undefined): number {
  const { $tb } = fieldsOf(metadata);
  return typeof $tb === 'number' ? $tb : 0;
}

const isDeleted = (metadata: Recorded | undefined): boolean => shownFrom(metadata) >= 2 ** 63;

/** See `EventLog.truncateBefore`. */
export const truncateBefore = (log: Streams, stream: string, revision: bigint): Promise<bigint | undefined> =>
  unlessTombstoned(log, async () => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const metadata = await metadataOf(log, stream);
      if (shownFrom(metadata) >= Number(revision)) return metadata?.position;
      const data = { ...fieldsOf(metadata), $tb: Number(revision) };
      const result = await log.append(metastreamOf(stream), metadata?.revision ?? 'no_stream', [
        { id: randomUUID(), type: '$metadata', data, metadata: {} },
      ]);
      if (result.outcome === 'appended') return result.position;
    }
    throw new EventStoreUnavailable(`the metadata of ${stream} changed under us ${ATTEMPTS} times`);
  });

/** See `EventLog.deleteStream`. */
export const deleteStream = (
  client: EventStoreDBClient,
  timeoutMs: number,
  log: Streams,
  stream: string,
): Promise<bigint | undefined> =>
  unlessTombstoned(log, async () => {
    // Where all events are hidden, as by `$maxAge`, only a conflict tells the revision.
    let hidden: Expected = 'no_stream';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const [last] = await log.read(stream, { backwards: true, max: 1 });
      const metadata = last ? undefined : await metadataOf(log, stream);
      if (!last && (metadata === undefined || isDeleted(metadata))) return metadata?.position;
      let revision = last?.revision;
      if (last?.type !== STREAM_ERASED) {
        const marked = await log.append(stream, revision ?? hidden, [
          { id: randomUUID(), type: STREAM_ERASED, data: {}, metadata: {} },
        ]);
        if (marked.outcome === 'conflict') hidden = marked.actual;
        revision = marked.outcome === 'appended' ? marked.revision : undefined;
      }
      if (revision === undefined) continue;
      try {
        const call = client.deleteStream(stream, { expectedRevision: revision });
        return (await answered(call, timeoutMs, `delete ${stream}`)).position?.commit;
      } catch (error) {
        if (!(error instanceof WrongExpectedVersionError)) throw asOurs(error, `delete ${stream}`);
      }
    }
    throw new EventStoreUnavailable(`${stream} changed under us ${ATTEMPTS} times`);
  });

/**
 * See `EventLog.holds`. An event that a scavenge has removed is known by its stream, which goes on after it and does not
 * show it: a log that was restored to an earlier state would.
 */
export async function holds(log: Streams, { position, id, stream, revision }: Place): Promise<boolean> {
  const event = await log.at(position);
  if (event !== undefined || stream === undefined || revision === undefined) return event?.id === id;
  try {
    const [shown] = await log.read(stream, { from: revision, max: 1 });
    if (shown !== undefined) return shown.revision > revision;
    const metadata = await metadataOf(log, stream);
    return shownFrom(metadata) > Number(revision) || typeof fieldsOf(metadata).$maxAge === 'number';
  } catch (error) {
    if (error instanceof StreamDeleted) return true;
    throw error;
  }
}
