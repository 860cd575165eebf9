import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { ErasureRecordEvent } from '../events/erasure-record.ts';
import type { EventLog } from '../events/event-log.ts';
import { sha256 } from '../events/identity.ts';
import { callStream, evidenceStream, quarantineStream, sessionStream } from '../events/streams.ts';
import { pause } from '../events/waiting.ts';
import type { Projection } from '../projections/engine/projection.ts';
import { projections } from '../projections/index.ts';
import type { ReadModel } from '../projections/tables.ts';
import { ReadModelBehind } from '../read-api/as-of.ts';
import type { Sealing } from '../tenants/sealing.ts';
import type { TenantDirectory } from '../tenants/tenant.ts';
import { readModelReaches } from '../time-travel/reached.ts';
import { type DeleteAtRetell, deleteCalls } from './delete-calls.ts';
import { bodyOf, callOf, type Erased, evidenceOf, progressOf, sessionOf } from './erase-all-of.ts';
import { type ErasureState, record, recordOf } from './erasure.ts';
import { type Found, findCall, findPerson, findSession } from './find.ts';

export type CarryingOut = {
  readonly log: EventLog;
  readonly db: Kysely<ReadModel>;
  readonly tenants: TenantDirectory;
  readonly sealing: Pick<Sealing, 'recogniser'>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Calls that are erased at once. */
  readonly concurrency?: number;
  readonly deleteAtRetell?: DeleteAtRetell;
};

/** Throws FailedForGood: trying again would not help. */
export class FailedForGood extends Error {
  override readonly name = 'FailedForGood';
}

/** How many calls are erased between two records of the progress. */
const PIECE = 50;
/** It may take minutes to look through a long log. */
const LOOK_MS = 600_000;
/** Of the ids in one event. */
const BYTES = 400_000;

/** Carries an erasure out, or on: each step may be done again. Throws EventStoreUnavailable, and when Postgres is away. */
export async function carryOut(options: CarryingOut, erasure: ErasureState): Promise<void> {
  const { log, logger, now } = options;
  const about = { tenantId: erasure.tenantId, id: erasure.erasure.id };
  const write = (...events: readonly ErasureRecordEvent[]) => record(log, about, events, now());
  try {
    const found = erasure.isFound ? undefined : await find(options, erasure);
    for (const data of found ? inPieces(found) : []) await write({ type: 'ErasureFound', data });
    await eraseAll(options, erasure, write);
    await deleteCalls(options, erasure);
    await write({ type: 'ErasureDone', data: {} });
    logger.info({ event: 'erased', erasure_id: about.id, tenant_id: about.tenantId }, 'erasure');
  } catch (error) {
    if (!(error instanceof FailedForGood)) throw error;
    await write({ type: 'ErasureFailed', data: { reason: error.message } });
    logger.error({ erasure_id: about.id, tenant_id: about.tenantId, reason: error.message }, 'erasure_failed');
  }
}

/** Once the read model has all that was recorded when it was asked for. */
async function find(options: CarryingOut, { tenantId, subject, position }: ErasureState): Promise<Found> {
  const { log, db, tenants, sealing, signal } = options;
  for (const projection of projections) await reached(options, position, projection);
  const finding = { log, db, tenantId, signal, region: tenants.get(tenantId)?.settings.defaultRegion };
  switch (subject.kind) {
    case 'person': {
      const isPerson = sealing.recogniser(subject.person ?? '', tenantId);
      if (!isPerson) throw new FailedForGood('master_key_changed');
      return findPerson(finding, isPerson);
    }
    case 'call':
      return findCall(finding, subject.callId ?? '');
    case 'session':
      return findSession(finding, subject.sessionId ?? '');
    case 'retention':
      return { calls: [], sessions: [], quarantined: [] }; // what is due was recorded with it
  }
}

/** Waits until a projection has all up to a position. */
export async function reached(
  { log, db, signal }: Pick<CarryingOut, 'log' | 'db' | 'signal'>,
  position: bigint,
  projection: Projection,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await readModelReaches({ log, db }, { position }, projection, { withinMs: LOOK_MS, signal });
    } catch (error) {
      if (!(error instanceof ReadModelBehind)) throw error;
    }
  }
}

type FoundData = Extract<ErasureRecordEvent, { type: 'ErasureFound' }>['data'];

export function inPieces({ calls, sessions, quarantined }: Found): FoundData[] {
  // In an order that has nothing to do with time: what a customer is then seldom has to be made anew (model/customer.ts).
  const shuffled = calls.toSorted((a, b) => (sha256(a) < sha256(b) ? -1 : 1));
  const all = [
    ...shuffled.map((id) => ['calls', id] as const),
    ...sessions.map((id) => ['sessions', id] as const),
    ...quarantined.map((id) => ['quarantined', id] as const),
  ];
  const pieces = [{ calls: [] as string[], sessions: [] as string[], quarantined: [] as string[] }];
  let bytes = 0;
  for (const [kind, id] of all) {
    bytes += id.length * 3 + 4;
    if (bytes > BYTES) {
      pieces.push({ calls: [], sessions: [], quarantined: [] });
      bytes = 0;
    }
    pieces.at(-1)![kind].push(id);
  }
  return pieces.map((piece, i) => (i === pieces.length - 1 ? { ...piece, last: true as const } : piece));
}

type Write = (...events: readonly ErasureRecordEvent[]) => Promise<unknown>;

/** Erases what was found and is not recorded as erased yet. */
async function eraseAll(options: CarryingOut, { tenantId, erasure, subject }: ErasureState, write: Write) {
  const { signal, concurrency = 4 } = options;
  const record = await recordOf(options.log, tenantId, erasure.id);
  const done = new Set<string>(record.streams);
  const onlyEvidence = subject.what === 'evidence';
  const jobs: (() => Promise<Erased>)[] = [
    ...record.calls
      .filter((id) => !done.has((onlyEvidence ? evidenceStream : callStream)(tenantId, id)))
      .map(
        (id) => () =>
          onlyEvidence ? evidenceOf(options, tenantId, erasure, id) : callOf(options, tenantId, erasure, id, done),
      ),
    ...record.sessions
      .filter((id) => !done.has(sessionStream(tenantId, id)))
      .map((id) => () => sessionOf(options, tenantId, erasure, id, done)),
    ...record.quarantined
      .filter((id) => !done.has(quarantineStream(tenantId, id)))
      .map((id) => () => bodyOf(options, tenantId, erasure, id)),
  ];
  for (let i = 0; i < jobs.length; i += PIECE) {
    const rest = jobs.slice(i, i + PIECE);
    const results: Erased[] = [];
    const worker = async () => {
      for (let job = rest.shift(); job; job = rest.shift()) {
        signal.throwIfAborted();
        const began = performance.now();
        results.push(await job());
        // Works a quarter of the time: the busier the stores are, the more is left to webhooks and reads.
        if (rest.length > 0) await pause(3 * (performance.now() - began), signal);
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: concurrency }, worker));
    const broken = ended.find((result) => result.status === 'rejected');
    if (broken) throw broken.reason;
    await write({ type: 'ErasureProgressed', data: progressOf(results) });
  }
}
