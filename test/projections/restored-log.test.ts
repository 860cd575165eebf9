import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectEventLog } from '../../src/events/event-log.ts';
import { startProjections } from '../../src/projections/engine/start.ts';
import { type Relay, relayTo } from '../support/relay.ts';
import { ended, started } from './controls.ts';
import { logger, type Stores, startStores } from './stores.ts';
import { tally } from './tally.ts';

// A log that was restored to an earlier state and has grown past every checkpoint again.

let before: Stores;
let restored: Stores;
let relay: Relay;
beforeAll(async () => {
  [before, restored] = await Promise.all([startStores(), startStores()]);
  await before.say(started({}, {}, 'call_kept'), started({}, {}, 'call_lost'));
  const calls = Array.from({ length: 20 }, (_, n) => `call_new_${n}`);
  await restored.say(started({}, {}, 'call_kept'), ...calls.flatMap((id) => [started({}, {}, id), ended({}, {}, id)]));
  relay = await relayTo(before.eventStoreUrl);
});
afterAll(async () => {
  await relay.stop();
  await Promise.all([before.stop(), restored.stop()]);
});

const start = (log: Stores['log']) =>
  startProjections({
    ...{ log, databaseUrl: before.databaseUrl, projections: [tally()], logger },
    options: { standbyMs: 100, watchEveryMs: 50 },
  });

test('is told from the one that the read model belongs to, under running processes and at the start', async () => {
  const log = connectEventLog(relay.url);
  const running = await start(log);
  const position = (await before.log.head())!;
  expect(await running.waitUntilCaughtUp(position, 30_000)).toBe(true);

  relay.leadTo(restored.eventStoreUrl);
  relay.cut();
  const wrong = { caughtUp: false, error: expect.stringMatching(/another event at position .* drop schema/) };
  await vi.waitFor(() => expect(running.status()).toMatchObject([wrong]), 30_000);
  const { rows } = await before.pool.query('select stream from tally order by 1');
  expect(rows.map(({ stream }) => stream)).toEqual(['call-acme.call_kept', 'call-acme.call_lost']);
  await expect(start(restored.log)).rejects.toThrow(/another event at position/);

  relay.leadTo(before.eventStoreUrl);
  relay.cut();
  await vi.waitFor(() => expect(running.status()).toMatchObject([{ caughtUp: true }]), 60_000);
  expect(running.status()[0]).not.toHaveProperty('error');
  await running.stop();
  await log.close();
});
