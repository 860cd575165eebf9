import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/events/json.ts';
import { analyzed, idOf, minute, type Said, TENANT } from '../../projections/controls.ts';
import type { Stores } from '../../projections/stores.ts';
import { patientLog } from '../../support/patient-log.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { type RestorableStore, startRestorableStore } from '../../support/restorable-store.ts';
import { type Scene, soon, startScene } from './scene.ts';

// The log is put back to an earlier state, and Postgres is not.

let store: RestorableStore;
let scene: Scene;
beforeAll(async () => {
  store = await startRestorableStore();
  scene = await startScene(restorable());
});
afterAll(() => scene.stop());

async function restorable(): Promise<Stores> {
  const database = await createTestDatabase();
  const log = patientLog(store.url);
  const pool = new pg.Pool({ connectionString: database.url, max: 3 });
  pool.on('error', () => {});
  const append = async ({ stream, event, metadata }: Said) => {
    const [last] = await log.read(stream, { backwards: true, max: 1 });
    const known = { tenantId: TENANT, source: 'webhook', receivedAt: minute(0), $correlationId: 'c' };
    const appended = await log.append(stream, last?.revision ?? 'no_stream', [
      {
        ...{ id: idOf({ stream, event }), type: event.type, data: event.data as JsonObject },
        metadata: { ...known, ...metadata } as JsonObject,
      },
    ]);
    if (appended.outcome !== 'appended') throw new Error(`a conflict at ${stream}`);
    return appended.position!;
  };
  return {
    ...{ log, pool, eventStoreUrl: store.url, databaseUrl: database.url },
    async say(...said) {
      let position = -1n;
      for (const one of said) position = await append(one);
      return position;
    },
    async stop() {
      await pool.end();
      await log.close();
      await store.stop();
      await database.drop();
    },
  };
}

const confirmed = (call: string) => analyzed({ flags: { appointment_confirmed: true } }, {}, call);

test('what is recorded after a restore is sent, at positions that were passed before; nothing is sent again', async () => {
  const outgoing = scene.start();
  const { received } = await scene.endpoint('call.outcome.changed');
  await scene.say(confirmed('kept'));
  await soon(() => expect(received).toHaveLength(1));
  const backup = await store.backUp();
  await scene.say(...['lost_1', 'lost_2', 'lost_3'].map(confirmed));
  await soon(() => expect(received).toHaveLength(4));
  await store.restore(backup);
  // At the positions of those that are lost.
  await soon(() => scene.say(confirmed('new_1')));
  await scene.say(confirmed('new_2'));
  await soon(() => expect(received.map(({ data }) => data.callId)).toEqual(expect.arrayContaining(['new_1', 'new_2'])));
  await soon(() => expect(outgoing.status()).toMatchObject({ state: 'following', caughtUp: true }));
  expect(received).toHaveLength(6);
  expect(new Set(received.map(({ id }) => id)).size).toBe(6);
}, 90_000);
