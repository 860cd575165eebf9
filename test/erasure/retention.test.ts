import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { evidenceOf } from '../../src/erasure/erase-all-of.ts';
import { dueOf, type Looked } from '../../src/erasure/retention.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import { evidenceStream } from '../../src/events/streams.ts';
import { started, TENANT } from '../projections/controls.ts';
import { type Projected, startProjected } from './projected.ts';

const DAY = 86_400_000;
const erasure = { id: 'ers_1', by: 'retention', requestedAt: '2026-02-01T00:00:00.000Z' } as const;
let projected: Projected;
let stores: Projected['stores'];
let db: Projected['db'];
beforeAll(async () => {
  projected = await startProjected();
  ({ stores, db } = projected);
}, 60_000);
afterAll(() => projected.stop());

async function call(id: string) {
  await stores.say(started({}, {}, id));
  const bytes = { id: randomUUID(), type: 'WebhookReceived', data: new Uint8Array([1]), metadata: {} };
  await stores.log.append(evidenceStream(TENANT, id), 'no_stream', [bytes]);
  await vi.waitFor(async () =>
    expect(await db.selectFrom('call_sessions').select('id').execute()).toContainEqual({ id: `call:${id}` }),
  );
}
/** What is due of all that there is, and which streams were read for it. */
async function due(looked?: Looked) {
  const read: string[] = [];
  const log = {
    read(...wanted: Parameters<EventLog['read']>) {
      read.push(wanted[0]);
      return stores.log.read(...wanted);
    },
  };
  const wish = { tenantId: TENANT, what: 'evidence', until: Date.now() + DAY, looked } as const;
  const calls: string[] = [];
  for await (const found of dueOf({ log, db, ...wish, signal: AbortSignal.timeout(30_000) }))
    calls.push(...found.calls);
  return { calls, read };
}

test('the log is not asked again of what an earlier look found, but of what has ended or become known since', async () => {
  await call('call_1');
  expect(await due()).toEqual({ calls: ['call_1'], read: [evidenceStream(TENANT, 'call_1')] });
  await evidenceOf({ log: stores.log, now: Date.now }, TENANT, erasure, 'call_1');
  expect(await due()).toEqual({ calls: [], read: [evidenceStream(TENANT, 'call_1')] });

  const later = Date.now() + DAY;
  expect(await due({ until: later, at: later })).toEqual({ calls: [], read: [] });
  await call('call_2');
  expect((await due({ until: Date.now() - DAY, at: later })).calls).toEqual(['call_2']); // ended since
  expect((await due({ until: later, at: Date.now() })).calls).toEqual(['call_2']); // known since
});
