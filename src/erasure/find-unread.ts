import type { Kysely } from 'kysely';
import { erasureIn } from '../events/erased.ts';
import { type EventLog, readLeft } from '../events/event-log.ts';
import type { Recorded } from '../events/recorded.ts';
import { parseStream, quarantineStream } from '../events/streams.ts';
import { assemble } from '../evidence/evidence.ts';
import { phoneOf } from '../model/phone.ts';
import { liveGeneration } from '../projections/engine/generations.ts';
import { parkedStreams } from '../projections/engine/parked.ts';
import { calls } from '../projections/index.ts';
import type { ReadModel } from '../projections/tables.ts';
import { PAGE, pages } from './pages.ts';

// What the read model does not show: bodies in quarantine, and streams that are parked. Each is read, one by one.

export type Finding = {
  readonly log: Pick<EventLog, 'read'>;
  readonly db: Kysely<ReadModel>;
  readonly tenantId: string;
  readonly region: string | undefined;
  readonly signal: AbortSignal;
};

/** Whether a number, in E.164, is the person's. */
export type IsPerson = (phone: string) => boolean;

type Wanted = { readonly isTheirs?: IsPerson; readonly calls: ReadonlySet<string> };

/** The bodies in quarantine that are of one of the calls, or hold the number. */
export async function findQuarantined(finding: Finding, wanted: Wanted): Promise<string[]> {
  const { db, log, tenantId, region, signal } = finding;
  const found: string[] = [];
  const read = (after: string) =>
    db
      .selectFrom('quarantine')
      .select(['id', 'released_call_id'])
      .where('tenant_id', '=', tenantId)
      .where('erased_at', 'is', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute();
  for await (const { id, released_call_id } of pages('', read, (row) => row.id, signal)) {
    signal.throwIfAborted();
    const digest = id.slice(tenantId.length + 1);
    const events = await readLeft(log, quarantineStream(tenantId, digest));
    if (erasureIn(events)) continue;
    const isOfCall = released_call_id !== null && wanted.calls.has(released_call_id);
    const delivery = isOfCall ? undefined : await assemble(events, digest, digest).catch(() => undefined);
    if (isOfCall || (delivery && isAbout(delivery.body.toString('utf8'), region, wanted))) found.push(digest);
  }
  return found;
}

/** Calls and sessions whose streams are parked: of what is in them nothing may be shown. */
export async function* parkedOf({ db, log, tenantId, signal }: Omit<Finding, 'region'>): AsyncGenerator<{
  readonly kind: 'call' | 'session';
  readonly id: string;
  readonly events: readonly Recorded[];
}> {
  const live = await liveGeneration(db, calls.name);
  for (const stream of live ? (await parkedStreams(db, live)).keys() : []) {
    signal.throwIfAborted();
    const name = parseStream(stream);
    if (name?.tenantId !== tenantId || (name.category !== 'call' && name.category !== 'session')) continue;
    const events = await readLeft(log, stream);
    yield { kind: name.category, id: name.id, events };
  }
}

/** All of an event's content. */
export const textOf = ({ data }: Recorded): string =>
  data instanceof Uint8Array ? Buffer.from(data).toString('utf8') : JSON.stringify(data ?? null);

/** A number as people and machines write it, with what they put between its digits. */
const NUMBER = /\+?\d[\d ().\-/\u00a0]{4,40}\d/g;
const CALL_ID = /"call_id"\s*:\s*("(?:[^"\\]|\\.){1,600}")/g;

function isAbout(body: string, region: string | undefined, { isTheirs, calls }: Wanted): boolean {
  for (const [, text] of body.matchAll(CALL_ID)) {
    try {
      if (calls.has(JSON.parse(text!) as string)) return true;
    } catch {}
  }
  return isTheirs !== undefined && holdsNumber(body, region, isTheirs);
}

/** Whether a number of the person is anywhere in a text. */
export function holdsNumber(text: string, region: string | undefined, isTheirs: IsPerson): boolean {
  for (const [found] of text.matchAll(NUMBER)) {
    const spellings = [found, `+${found.replace(/\D/g, '')}`];
    if (spellings.some((spelling) => isNumberOf(spelling, region, isTheirs))) return true;
  }
  return false;
}

export const isNumberOf = (raw: string | undefined, region: string | undefined, isTheirs: IsPerson): boolean => {
  const phone = phoneOf(raw, region);
  return phone !== undefined && isTheirs(phone);
};
