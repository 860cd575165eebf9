import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { EventLog } from '../../events/event-log.ts';
import { REACTION_REACHED, ReactionReached } from '../../events/session-facts.ts';
import { reactionStream } from '../../events/streams.ts';
import type { EndpointKey } from './deliveries.ts';

/** Up to where an endpoint's deliveries are settled, but for the changes at some positions. */
export type Mark = { readonly after: bigint; readonly open: ReadonlySet<bigint> };

const streamOf = ({ tenantId, endpointId }: EndpointKey) =>
  reactionStream(`outgoing-webhooks.${tenantId}.${endpointId}`);

/** The newest mark in the log; undefined: there is none. */
export async function markOf(log: EventLog, endpoint: EndpointKey): Promise<Mark | undefined> {
  const [newest] = await log.read(streamOf(endpoint), { backwards: true, max: 1 });
  if (!newest) return undefined;
  const { after, open } = ReactionReached.parse(newest.data);
  return { after: BigInt(after), open: new Set(open.map(BigInt)) };
}

/** So many changes that are still open are named; with more of them, the mark is at an earlier position. */
const MOST_OPEN = 500;

/** Where an endpoint's deliveries are now, while all changes up to a position are queued. */
async function markNow(db: Kysely<unknown>, endpointId: string, queued: bigint): Promise<ReactionReached> {
  const { rows } = await sql<{ position: string }>`
    select position from reactions.webhook_deliveries
     where endpoint_id = ${endpointId} and state = 'pending' and position is not null
     order by position limit ${MOST_OPEN + 1}`.execute(db);
  const open = rows.map(({ position }) => position);
  const beyond = open[MOST_OPEN];
  const after = beyond === undefined || BigInt(beyond) > queued ? queued : BigInt(beyond) - 1n;
  return { after: `${after}`, open: open.slice(0, MOST_OPEN).filter((position) => BigInt(position) <= after) };
}

/**
 * Records in the log where deliveries are, so that a lost Postgres loses no news and repeats little: of each endpoint at
 * most this often.
 */
export function markRecorder(log: EventLog, everyMs: number) {
  const waiting = new Map<string, EndpointKey>();
  const recorded = new Map<string, { readonly text: string; readonly at: number }>();
  let looked: string | undefined;

  /** The endpoints with deliveries that have changed since the last look. */
  async function look(db: Kysely<unknown>): Promise<void> {
    const { rows } = await sql<{ tenant_id: string; endpoint_id: string; now: string }>`
      select distinct tenant_id, endpoint_id, now()::text as now from reactions.webhook_deliveries
       where changed_on >= coalesce(${looked ?? null}::timestamptz, now() - interval '1 minute') - interval '1 second'`.execute(
      db,
    );
    looked = rows[0]?.now ?? looked;
    for (const { tenant_id, endpoint_id } of rows)
      waiting.set(endpoint_id, { tenantId: tenant_id, endpointId: endpoint_id });
  }

  /** False: another process has recorded one, and it is looked at again. */
  async function append(endpoint: EndpointKey, data: ReactionReached): Promise<boolean> {
    const stream = streamOf(endpoint);
    const [newest] = await log.read(stream, { backwards: true, max: 1 });
    const event = { id: randomUUID(), type: REACTION_REACHED, data, metadata: {} };
    return (await log.append(stream, newest?.revision ?? 'no_stream', [event])).outcome === 'appended';
  }

  return {
    /** `queued`: the position up to which all changes are queued. `atOnce`: because this process leaves off. */
    async record(db: Kysely<unknown>, queued: bigint, { atOnce = false } = {}): Promise<void> {
      await look(db);
      for (const [id, endpoint] of waiting) {
        const last = recorded.get(id);
        if (!atOnce && last && Date.now() - last.at < everyMs) continue;
        const mark = await markNow(db, id, queued);
        const text = JSON.stringify(mark);
        if (text !== last?.text && !(await append(endpoint, mark))) continue;
        recorded.set(id, { text, at: Date.now() });
        waiting.delete(id);
      }
    },
  };
}
