import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import type { Place, Recorded } from '../../events/recorded.ts';
import { pause } from '../../events/waiting.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { weightOf } from './batches.ts';
import { placeOf } from './foreign-log.ts';
import type { Generation } from './generations.ts';
import type { Projection } from './projection.ts';

/** How far a reader is behind the newest event of its streams, as of one look at the end of the log. */
export type Lag = {
  /** Position of the newest event of its streams; undefined: none among those scanned. */
  readonly head: bigint | undefined;
  /** Events of its streams after its checkpoint; beyond what is scanned of the log an estimate. */
  readonly events: number;
  /** When the oldest of them that was scanned was recorded: ISO time. */
  readonly since: string | undefined;
  /** The event at its checkpoint is not in the log: that was restored to an earlier state, or is another one. */
  readonly isStale: boolean;
};

type Reader = {
  /** Of its streams. */
  readonly prefixes: readonly string[];
  readonly checkpoint: bigint | undefined;
  /** The event there, as far as it is known. */
  readonly place?: Place | undefined;
};

/** Of what a generation shows. */
export const readerOf = ({ prefixes }: Pick<Projection, 'prefixes'>, shown: Generation | undefined): Reader => ({
  ...{ prefixes, checkpoint: shown?.checkpoint },
  place: shown && placeOf(shown),
});

const PAGE = 100;
/** Beyond this the lag is estimated from the density of what was scanned: counting would mean reading it all. */
const SCANNED = 1000;
/** Or so many bytes: the parts of a long call are read whole only to be counted. */
const SCANNED_WEIGHT = 8 * 1024 * 1024;

/**
 * Scans back from the end of the log until every reader's checkpoint is found. It does not use subscriptions, so it sees
 * what a silent one does not deliver. Throws EventStoreUnavailable.
 */
export async function lagsOf(log: EventLog, readers: readonly Reader[]): Promise<Lag[]> {
  const furthestBehind = readers.reduce<bigint | undefined>(
    (least, { checkpoint = -1n }) => (least === undefined || checkpoint < least ? checkpoint : least),
    undefined,
  );
  if (furthestBehind === undefined) return [];
  const scanned: Recorded[] = [];
  let weight = 0;
  let isWhole = false;
  for (let max = 1; !isWhole && scanned.length < SCANNED && weight < SCANNED_WEIGHT; max = Math.min(10 * max, PAGE)) {
    const page = await log.newest(max, scanned.at(-1)?.position);
    scanned.push(...page);
    weight += page.reduce((sum, { data }) => sum + weightOf(data), 0);
    isWhole = page.length < max || page.at(-1)!.position <= furthestBehind;
  }
  return Promise.all(
    readers.map(async (reader) => ({
      ...lagOf(reader, scanned, isWhole),
      isStale: !(await isThere(log, scanned, reader)),
    })),
  );
}

function lagOf(
  { prefixes, checkpoint = -1n }: Reader,
  scanned: readonly Recorded[],
  isWhole: boolean,
): Omit<Lag, 'isStale'> {
  const concerning = scanned.filter(({ stream }) => prefixes.some((prefix) => stream.startsWith(prefix)));
  const behind = concerning.filter(({ position }) => position > checkpoint);
  const oldest = scanned.at(-1)?.position ?? 0n;
  // Everything scanned is after the checkpoint, and there is more before it.
  const isEstimate = !isWhole && oldest > checkpoint;
  const density = behind.length / Math.max(1, Number((scanned[0]?.position ?? 0n) - oldest));
  const before = isEstimate ? density * Number(oldest - (checkpoint < 0n ? 0n : checkpoint)) : 0;
  return {
    head: concerning[0]?.position,
    events: behind.length + Math.round(before),
    since: behind.at(-1)?.recordedAt,
  };
}

/** Whether the event at a reader's checkpoint is in the log. */
async function isThere(log: EventLog, scanned: readonly Recorded[], { checkpoint, place }: Reader): Promise<boolean> {
  if (checkpoint === undefined) return true;
  const newest = scanned[0]?.position;
  if (newest === undefined || newest < checkpoint) return false;
  if (place === undefined) return true;
  const event = scanned.find(({ position }) => position === checkpoint);
  return event ? event.id === place.id : log.holds(place);
}

/** A projection whose lag this process measures. */
export type Watched = {
  reader(): Reader | Promise<Reader>;
  /** Undefined: the end of the log could not be read. */
  observe(lag: Lag | undefined): void;
};

const EVERY_MS = 2000;

/** Measures lags until the signal ends it; never rejects. While the event store is away, lags are unknown. */
export async function watchLags(
  log: EventLog,
  watched: readonly Watched[],
  { logger, signal, everyMs = EVERY_MS }: { logger: Logger; signal: AbortSignal; everyMs?: number },
): Promise<void> {
  let knows = true;
  while (!signal.aborted) {
    try {
      const readers = await Promise.all(watched.map((one) => one.reader()));
      const lags = await lagsOf(log, readers);
      for (const [i, lag] of lags.entries()) watched[i]!.observe(lag);
      knows = true;
    } catch (error) {
      // A connection that was cut once is back by the next look.
      if (!knows) for (const one of watched) one.observe(undefined);
      if (knows && !signal.aborted) logger.warn({ error: safeErrorMessage(error) }, 'projection_lag_unknown');
      knows = false;
    }
    await pause(everyMs, signal);
  }
}
