import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { callOf } from '../../src/erasure/erase-all-of.ts';
import { findCall, findPerson, findSession } from '../../src/erasure/find.ts';
import { dueOf } from '../../src/erasure/retention.ts';
import type { Expected } from '../../src/events/event-log.ts';
import { callStream } from '../../src/events/streams.ts';
import { started, TENANT } from '../projections/controls.ts';
import { appendAnyhow } from '../support/append-anyhow.ts';
import { CANARY, NUMBER, OTHER } from './facts.ts';
import { type Projected, startProjected } from './projected.ts';

let projected: Projected;
let stores: Projected['stores'];
let db: Projected['db'];
let projecting: Projected['projecting'];
beforeAll(async () => {
  projected = await startProjected();
  ({ stores, db, projecting } = projected);
}, 60_000);
afterAll(() => projected.stop());

const erasure = { id: 'ers_1', by: 'admin', requestedAt: '2026-02-01T00:00:00.000Z' } as const;
const signal = new AbortController().signal;
/** A fact that no release can read, and that names somebody. */
async function broken(callId: string, expected: Expected, data: object) {
  const metadata = { tenantId: TENANT, source: 'webhook', receivedAt: erasure.requestedAt, $correlationId: 'c' };
  const event = {
    id: randomUUID(),
    type: 'CallAnalyzed',
    data: { ...data, callId: 5, said: CANARY } as never,
    metadata,
  };
  await appendAnyhow(stores.eventStoreUrl, callStream(TENANT, callId), expected, [event]);
}
const parked = async () =>
  (await stores.pool.query('select stream from projection.parked order by stream')).rows.map(({ stream }) => stream);

test('a parked stream is found by what is in it, freed by its erasure, and goes on', async () => {
  await stores.say(started({ personal: { fromNumber: NUMBER, toNumber: OTHER } }, {}, 'call_shown'));
  await broken('call_shown', 0n, {});
  await broken('call_unseen', 'no_stream', { personal: { fromNumber: '030 123456' } });
  await broken('call_else', 'no_stream', { callSessionId: 'cs_1', personal: { fromNumber: OTHER } });
  await vi.waitFor(async () => expect(await parked()).toHaveLength(3), { timeout: 30_000 });

  const finding = { ...{ db, signal, tenantId: TENANT, region: 'DE' }, log: stores.log };
  const { calls } = await findPerson(finding, (phone) => phone === NUMBER);
  expect(calls.toSorted()).toEqual(['call_shown', 'call_unseen']);
  expect((await findPerson({ ...finding, tenantId: 'other' }, () => true)).calls).toEqual([]);
  expect((await findSession(finding, 'cs_1')).calls).toEqual(['call_else']);
  expect((await findCall(finding, 'call_else')).calls).toEqual(['call_else']);
  const due = async (until: number) => {
    const found: string[] = [];
    for await (const some of dueOf({ ...finding, what: 'personal', until })) found.push(...some.calls);
    return found.sort();
  };
  expect(await due(Date.now() + 86_400_000)).toEqual(['call_else', 'call_shown', 'call_unseen']);
  expect(await due(Date.now() - 86_400_000)).toEqual([]);

  for (const callId of calls) await callOf({ log: stores.log, now: Date.now }, TENANT, erasure, callId, new Set());
  await projecting.waitUntilCaughtUp((await stores.log.head())!, 30_000);
  expect(await parked()).toEqual([callStream(TENANT, 'call_else')]);
  for (const callId of calls) {
    const events = await stores.log.read(callStream(TENANT, callId));
    expect(JSON.stringify(events.map(({ data }) => data))).not.toMatch(new RegExp(`${CANARY}|30 ?123456`));
  }
  const shown = () => db.selectFrom('call_sessions').select(['id', 'erased', 'from_number', 'ended_at']).execute();
  expect(await shown()).toEqual([{ id: 'call:call_shown', erased: true, from_number: null, ended_at: null }]);
  expect(await due(Date.now() + 86_400_000)).toEqual(['call_else']);

  const metadata = { tenantId: TENANT, source: 'webhook', receivedAt: erasure.requestedAt, $correlationId: 'c' };
  const data = { callId: 'call_shown', endedAt: '2026-02-02T00:00:00.000Z' };
  const later = { id: randomUUID(), type: 'CallEnded', data, metadata };
  const last = (await stores.log.read(callStream(TENANT, 'call_shown'))).at(-1)!;
  await stores.log.append(callStream(TENANT, 'call_shown'), last.revision, [later]);
  await projecting.waitUntilCaughtUp((await stores.log.head())!, 30_000);
  expect(await shown()).toMatchObject([{ id: 'call:call_shown', ended_at: new Date(data.endedAt) }]);
}, 90_000);
