import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { connectEventLog } from '../../src/events/event-log.ts';

test('an answer that came while this very process stood still is an answer', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'call-ledger-stood-still-'));
  const eventStore = await spawnEventStore({ dataDir });
  const log = connectEventLog(eventStore.url, { timeoutMs: 300 });
  onTestFinished(async () => {
    await log.close();
    await eventStore.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const event = () => ({ id: randomUUID(), type: 'Happened', data: {}, metadata: {} });
  await log.append('call-acme.call_1', 'no_stream', [event()]); // the connection stands
  const appended = log.append('call-acme.call_2', 'no_stream', [event()]);
  const read = log.read('call-acme.call_1');
  await immediate(); // both are sent
  for (const end = performance.now() + 400; performance.now() < end; );
  expect(await appended).toMatchObject({ outcome: 'appended', revision: 0n });
  expect(await read).toHaveLength(1);
});
