import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projections } from '../../src/projections/index.ts';
import { startProjections } from '../../src/projections/runtime/start.ts';
import { requested, started, TENANT } from './controls.ts';
import { type Stores, startStores } from './stores.ts';

let stores: Stores;
beforeAll(async () => {
  stores = await startStores();
});
afterAll(() => stores.stop());

/** What is logged of matches while the projections run, as far as the log goes when `meanwhile` is through. */
async function logged(meanwhile: () => Promise<bigint>, raised = 0): Promise<object[]> {
  const lines: string[] = [];
  const logger = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) });
  const { log, databaseUrl } = stores;
  const ours = projections().map((one) => ({ ...one, version: one.version + raised }));
  const running = await startProjections({ log, databaseUrl, projections: ours, logger });
  await expect.poll(() => running.status().every(({ caughtUp }) => caughtUp), { timeout: 20_000 }).toBe(true);
  expect(await running.waitUntilCaughtUp(await meanwhile(), 20_000)).toBe(true);
  await running.stop();
  return lines.filter((line) => line.includes('matched_by_phone_number')).map((line) => JSON.parse(line));
}
const head = async () => (await stores.log.head())!;

test('that a call was found by its number is logged once, when it is decided, without the number', async () => {
  const match = { event: 'matched_by_phone_number', tenant_id: TENANT, call_id: 'call_1', session_id: 'cs_1' };
  const line = { level: 30, projection: 'calls', ...match, msg: 'notice' };
  const toNumber = '+4930123';
  const said = await logged(async () => {
    await stores.say(requested({ toNumber }));
    return stores.say(started({ direction: 'outbound', personal: { toNumber } }));
  });
  expect(said).toEqual([line]);
  expect(await logged(head), 'at the next start').toEqual([]);
  expect(await logged(head, 1), 'when it is built anew beside').toEqual([]);
  await stores.pool.query('drop schema projection cascade');
  expect(await logged(head), 'when Postgres was lost').toEqual([{ ...line, catching_up: true }]);
});
