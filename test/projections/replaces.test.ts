import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { startProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import { callSessions } from '../../src/projections/views/call-sessions.ts';
import { started } from './controls.ts';
import { logger, type Stores, startStores } from './stores.ts';

let stores: Stores;
let position: bigint;
beforeAll(async () => {
  stores = await startStores();
  position = await stores.say(started());
});
afterAll(() => stores?.stop());

/** As an earlier release had it: its rows, of which it writes none here, tell it from what has replaced it. */
const earlier: Projection = {
  name: 'call_sessions',
  version: 8,
  prefixes: ['call-', 'session-'],
  tables: callSessions.tables,
  reduce: () => undefined,
  save: async () => undefined,
};

async function running(some: readonly Projection[], meanwhile: () => Promise<void> = async () => {}) {
  const { log, databaseUrl } = stores;
  const operations = { keepMs: 0, pollMs: 50 };
  const all = await startProjections({ log, databaseUrl, projections: some, logger, operations });
  try {
    expect(await all.waitUntilCaughtUp(position, 30_000)).toBe(true);
    await expect.poll(() => all.status().every(({ caughtUp }) => caughtUp)).toBe(true);
    await meanwhile();
  } finally {
    await all.stop();
  }
}
const sessions = async () => (await stores.pool.query('select id from call_sessions')).rows.map(({ id }) => id);
const generations = async () => {
  const { rows } = await stores.pool.query(`select name || ' ' || state as is from projection.projections order by 1`);
  return rows.map(({ is }) => is);
};

test('what an earlier release has made is shown until it is replaced, again after a step back, and then cleared away', async () => {
  await running([earlier]);
  expect([await sessions(), await generations()]).toEqual([[], ['call_sessions live']]);

  await running(projections, async () => {
    expect(await sessions()).toEqual(['call:call_1']);
    await expect.poll(generations).toEqual(['calls live', 'quarantine live']);
  });

  await running([earlier]);
  expect([await sessions(), await generations()]).toEqual([
    [],
    ['call_sessions live', 'calls live', 'quarantine live'],
  ]);
  position = await stores.say(started({}, {}, 'call_2'));

  await running(projections);
  expect((await sessions()).sort()).toEqual(['call:call_1', 'call:call_2']);
  expect(await generations()).toEqual(expect.arrayContaining(['calls live', 'quarantine live']));
});
