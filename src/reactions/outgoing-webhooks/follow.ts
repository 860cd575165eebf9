import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import { type Place, placeAt } from '../../events/recorded.ts';
import { pause } from '../../events/waiting.ts';
import { type Generation, liveGeneration } from '../../projections/engine/generations.ts';
import { type WebhookEndpoint, wants } from '../../tenants/webhook-endpoints.ts';
import { loadCheckpoint, type StartPosition, saveCheckpoint } from '../reaction.ts';
import { type Change, changesAfter, PAGE } from './changes.ts';
import { deleteOldDeliveries, type EndpointKey, queueChanges } from './deliveries.ts';
import { type Mark, markOf, markRecorder } from './marks.ts';
import { queueRedriven } from './redriven.ts';

export const REACTION = 'outgoing-webhooks';

export type FollowOptions = {
  readonly log: EventLog;
  readonly db: Kysely<unknown>;
  /** Those of all tenants. */
  readonly endpoints: () => readonly WebhookEndpoint[];
  readonly put: (endpoint: EndpointKey) => Promise<void>;
  readonly start: StartPosition;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly everyMs: number;
  /** How often the mark of an endpoint is recorded at most. */
  readonly marksEveryMs: number;
  readonly onProgress: (progress: { readonly position: bigint; readonly caughtUp: boolean }) => void;
};

const MARKS_EVERY_MS = 1000;
const SWEEP_EVERY_MS = 15_000;
const PARKED_EVERY_MS = 2000;
const CLEAN_EVERY_MS = 3_600_000;

/** Queues what changes for the endpoints that want it. Ends with the signal; throws when a store is away. */
export async function follow(options: FollowOptions): Promise<void> {
  const { log, db, endpoints, put, signal, everyMs, onProgress } = options;
  const marks = markRecorder(log, options.marksEveryMs);
  const { settled, wantsSeen, ...begin } = await beginning(options);
  let { after, place } = begin;
  let anyBefore = endpoints().length > 0;
  const isTime = intervals();
  const look = looker(options);
  /** Never into a log that was restored: what comes at the same positions there has not been seen. */
  const recordMarks = async (when: { readonly atOnce?: boolean }) => {
    if (!place) return;
    await refuseOtherLog(log, place);
    await marks.record(db, after, when);
  };
  await putWaiting(options, 'all');
  try {
    while (!signal.aborted) {
      if (isTime('sweep', SWEEP_EVERY_MS)) await putWaiting(options, 'overdue');
      if (isTime('parked', PARKED_EVERY_MS))
        for (const endpoint of await queueRedriven(db, endpoints(), after)) await put(keyOf(endpoint));
      if (isTime('clean', CLEAN_EVERY_MS)) await deleteOldDeliveries(db);
      const all = endpoints();
      // Nobody has wanted what was before.
      if (!anyBefore)
        for (const first of all.map(wantsSince).sort(byPosition).slice(0, 1)) after = greater(after, first);
      anyBefore = all.length > 0;
      await queueWantedBefore(options, all, after, wantsSeen);
      const seen = anyBefore ? await look(after) : undefined;
      if (seen) {
        const { found, isAll } = seen;
        await queueFor(options, found, all, { settled, ...(isAll && { place: seen.place }) });
        if (isAll) place = seen.place;
        after = greater(after, isAll ? seen.place.position : found.at(-1)!.position);
      }
      onProgress({ position: after, caughtUp: seen?.isAll !== false });
      if (isTime('marks', MARKS_EVERY_MS)) await recordMarks({}).catch(unlessUnavailable);
      if (seen?.isAll !== false) await pause(everyMs, signal);
    }
  } finally {
    await recordMarks({ atOnce: true }).catch(() => {}); // else a little is sent again if Postgres is lost
  }
}

const wantsSince = ({ wanted }: WebhookEndpoint): bigint => wanted[0]!.after;
const byPosition = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
const greater = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const keyOf = ({ tenantId, id: endpointId }: WebhookEndpoint): EndpointKey => ({ tenantId, endpointId });

type Beginning = {
  readonly after: bigint;
  readonly place: Place | undefined;
  /** What was settled before Postgres was lost; by endpoint. */
  readonly settled: ReadonlyMap<string, Mark>;
  /** Since when each endpoint wants what it wants, as far as that is queued. */
  readonly wantsSeen: Map<string, bigint>;
};

/** The checkpoint; without one, or after a restore of the log, where the marks in the log are. */
async function beginning(options: FollowOptions): Promise<Beginning> {
  const { log, db, endpoints, start } = options;
  const kept = await loadCheckpoint(options, REACTION, start.id);
  if (kept) return { after: kept.position, place: kept.place, settled: new Map(), wantsSeen: await loadWantsSeen(db) };
  const settled = new Map<string, Mark>();
  const wantsSeen = new Map<string, bigint>();
  for (const endpoint of endpoints()) {
    settled.set(endpoint.id, (await markOf(log, keyOf(endpoint))) ?? { after: wantsSince(endpoint), open: new Set() });
    await saveSeen(db, endpoint, wantsSeen);
  }
  const places = [...settled.values()].flatMap(({ after, open }) => [after, ...[...open].map((open) => open - 1n)]);
  const after = places.sort(byPosition)[0] ?? (await log.head()) ?? 0n;
  return { after, place: undefined, settled, wantsSeen };
}

const isSettled = (mark: Mark, position: bigint): boolean => position <= mark.after && !mark.open.has(position);

/** In one transaction with the checkpoint; who is to be served is put after it, and again by the next sweep. */
async function queueFor(
  { db, start, put }: FollowOptions,
  changes: readonly Change[],
  endpoints: readonly WebhookEndpoint[],
  { settled, place }: Pick<Beginning, 'settled'> & { readonly place?: Place },
): Promise<void> {
  if (changes.length === 0) return;
  const ofTenant = Map.groupBy(endpoints, ({ tenantId }) => tenantId);
  const wanting = changes.flatMap((change) =>
    (ofTenant.get(change.tenantId) ?? [])
      .filter((endpoint) => {
        const mark = settled.get(endpoint.id);
        if (mark?.open.has(change.position)) return true; // also one that a replay had asked for
        return !(mark && isSettled(mark, change.position)) && wants(endpoint, change.type, change.position);
      })
      .map((endpoint) => ({ ...change, endpoint })),
  );
  await db.transaction().execute(async (trx) => {
    await queueChanges(
      trx,
      wanting.map(({ endpoint, ...change }) => ({ ...change, endpointId: endpoint.id })),
    );
    if (place) await saveCheckpoint(trx, REACTION, start.id, place); // else there is more: a crash repeats it
  });
  for (const endpoint of new Set(wanting.map(({ endpoint }) => endpoint))) await put(keyOf(endpoint));
}

/** The position of a change may have been passed before this process knew that an endpoint wants it. */
async function queueWantedBefore(
  { db, put }: FollowOptions,
  endpoints: readonly WebhookEndpoint[],
  upTo: bigint,
  seen: Map<string, bigint>,
): Promise<void> {
  for (const endpoint of endpoints) {
    const since = endpoint.wanted.at(-1)!.after;
    if (seen.get(endpoint.id) === since) continue;
    for (let from = since; from < upTo; ) {
      const found = await changesAfter(db, from, endpoint.tenantId);
      const missed = found.filter(({ type, position }) => position <= upTo && wants(endpoint, type, position));
      await queueChanges(
        db,
        missed.map((change) => ({ ...change, endpointId: endpoint.id })),
      );
      if (missed.length > 0) await put(keyOf(endpoint));
      from = found.length < PAGE ? upTo : found.at(-1)!.position;
    }
    await saveSeen(db, endpoint, seen);
  }
}

async function loadWantsSeen(db: Kysely<unknown>): Promise<Map<string, bigint>> {
  const { rows } = await sql<{ id: string; after: string }>`
    select endpoint_id as id, wanted_after as after from reactions.webhook_endpoints
     where wanted_after is not null`.execute(db);
  return new Map(rows.map(({ id, after }) => [id, BigInt(after)]));
}

async function saveSeen(
  db: Kysely<unknown>,
  { id, tenantId, wanted }: WebhookEndpoint,
  seen: Map<string, bigint>,
): Promise<void> {
  const { after } = wanted.at(-1)!;
  await sql`insert into reactions.webhook_endpoints (endpoint_id, tenant_id, wanted_after)
    values (${id}, ${tenantId}, ${`${after}`}::bigint)
    on conflict (endpoint_id) do update set wanted_after = excluded.wanted_after`.execute(db);
  seen.set(id, after);
}

/** Whatever a crash has left: endpoints with something due that no job is about. */
async function putWaiting({ db, put }: FollowOptions, which: 'all' | 'overdue'): Promise<void> {
  const { rows } = await sql<EndpointKey>`
    select distinct tenant_id as "tenantId", endpoint_id as "endpointId" from reactions.webhook_deliveries
     where state = 'pending' ${which === 'all' ? sql`` : sql`and due_at < now() - interval '2 seconds'`}`.execute(db);
  for (const endpoint of rows) await put(endpoint);
}

/** What has changed behind a position, and up to where the read model shows that. */
type Look = { readonly found: readonly Change[]; readonly place: Place; readonly isAll: boolean };

/**
 * Looks at the read model when it has moved. Undefined: it has not, or was swapped meanwhile. Throws where it shows what the
 * log has not: after a restore, until it is built anew.
 */
function looker({ log, db }: FollowOptions) {
  let seen: Generation | undefined;
  return async (after: bigint): Promise<Look | undefined> => {
    const live = await liveGeneration(db, 'calls');
    const place = live && placeAt(live.checkpoint, live.checkpointEvent);
    if (!place || (live.generation === seen?.generation && live.checkpoint === seen.checkpoint)) return undefined;
    const page = await changesAfter(db, after);
    if ((await liveGeneration(db, 'calls'))?.generation !== live.generation) return undefined;
    if (!(await log.holds(place))) throw new Error('the read model shows what the log has not: it is to be built anew');
    const found = page.filter(({ position }) => position <= place.position);
    const isAll = page.length < PAGE || found.length < page.length;
    if (isAll) seen = live;
    return { found, place, isAll };
  };
}

async function refuseOtherLog(log: EventLog, place: Place): Promise<void> {
  if (!(await log.holds(place))) throw new Error('the log was restored to an earlier state');
}

/** What needs the log waits for it; what is queued already is sent without. */
function unlessUnavailable(error: unknown): void {
  if (!(error instanceof EventStoreUnavailable)) throw error;
}

function intervals() {
  const last = new Map<string, number>();
  return (name: string, everyMs: number): boolean => {
    const now = performance.now();
    if (now - (last.get(name) ?? Number.NEGATIVE_INFINITY) < everyMs) return false;
    last.set(name, now);
    return true;
  };
}
