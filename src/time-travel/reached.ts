import type { Kysely } from 'kysely';
import { type EventLog, EventStoreUnavailable } from '../events/event-log.ts';
import type { Place, Recorded } from '../events/recorded.ts';
import { waitUntil } from '../events/waiting.ts';
import { prefixes } from '../model/stream-state.ts';
import { liveGeneration } from '../projections/engine/generations.ts';
import type { Projection } from '../projections/engine/projection.ts';
import { isWithin, type Until } from '../projections/fold-stream.ts';
import type { ReadModel } from '../projections/tables.ts';
import { ReadModelBehind } from '../read-api/as-of.ts';

type Stores = { readonly log: EventLog; readonly db: Kysely<ReadModel> };
type Wait = { readonly withinMs?: number; readonly signal?: AbortSignal };

/** The projection that knows the relations, and the streams it reads. */
const RELATIONS = { name: 'calls', prefixes };
const WAIT_MS = 2000;

/**
 * Waits until the read model covers the moment, so that an answer never changes. Asks the log only when the checkpoint
 * moves, not forty times a second. Throws ReadModelBehind.
 */
export async function readModelReaches(
  { log, db }: Stores,
  until: Until,
  { name, prefixes }: Pick<Projection, 'name' | 'prefixes'> = RELATIONS,
  { withinMs = WAIT_MS, signal }: Wait = {},
): Promise<void> {
  const late = AbortSignal.timeout(withinMs);
  const ends = signal ? AbortSignal.any([signal, late]) : late;
  let awaited = -1n;
  const isReached = async () => {
    const { checkpoint = -1n } = (await liveGeneration(db, name)) ?? {};
    if (checkpoint >= until.position) return true;
    if (awaited >= 0n && checkpoint < awaited) return false;
    const next = await firstAfter(log, checkpoint, prefixes, ends);
    if (!next || !isWithin(next, until)) return true;
    awaited = next.position;
    return false;
  };
  if (!(await waitUntil(isReached, { timeoutMs: withinMs, everyMs: 25, signal: ends })))
    throw new ReadModelBehind('The read model does not reach up to that moment yet.');
}

/** Between a position and what was then the newest event of the log, none was of the streams looked for. */
type LookedThrough = { readonly after: bigint; readonly to: Place };

/** By the prefixes of the streams. A projection of which there is seldom a fact has most of the log behind its checkpoint. */
const lookedThrough = new WeakMap<EventLog, Map<string, LookedThrough>>();

/** The first event after a position of streams with these prefixes; undefined if there is none yet. */
async function firstAfter(
  log: EventLog,
  position: bigint,
  prefixes: readonly string[],
  signal: AbortSignal,
): Promise<Recorded | undefined> {
  const known = lookedThrough.get(log) ?? new Map<string, LookedThrough>();
  lookedThrough.set(log, known);
  const key = prefixes.join(' ');
  const before = known.get(key);
  const goesOn = before && before.after <= position && before.to.position > position && (await log.holds(before.to));
  const from = goesOn ? before.to.position : position;
  const [end] = await log.newest(1);
  if (end === undefined || end.position <= from) return undefined;
  const to = { position: end.position, id: end.id, stream: end.stream, revision: end.revision };
  const broken = new AbortController();
  const options = { prefixes, maxBatch: 1, onBreak: (error: unknown) => broken.abort(error) };
  const ends = AbortSignal.any([signal, broken.signal]);
  for await (const { events, caughtUp } of log.subscribe({
    ...options,
    ...(from >= 0n && { after: from }),
    signal: ends,
  })) {
    if (events[0] === undefined && !caughtUp) continue;
    if (events[0] === undefined || events[0].position > end.position) known.set(key, { after: position, to });
    return events[0];
  }
  throw new EventStoreUnavailable('read on from the checkpoint', { cause: ends.reason });
}
