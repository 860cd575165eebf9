import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EventStoreProcess, spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { connectEventLog, type EventLog, EventStoreUnavailable } from '../../src/events/event-log.ts';
import { type Relay, relayTo } from '../support/relay.ts';

const TIMEOUT_MS = 3000;

let dataDir: string;
let eventStore: EventStoreProcess;
let relay: Relay;
let log: EventLog;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'call-ledger-connection-'));
  eventStore = await spawnEventStore({ dataDir });
  relay = await relayTo(eventStore.url);
  log = connectEventLog(relay.url, { timeoutMs: TIMEOUT_MS });
});
afterAll(async () => {
  await log.close();
  await relay.stop();
  await eventStore.stop();
  await rm(dataDir, { recursive: true, force: true });
});

let streams = 0;
const newStream = () => `call-acme.call_${++streams}`;
const event = (filling = '') => ({ id: randomUUID(), type: 'Happened', data: { filling }, metadata: {} });

// What the client has in its own queue when a connection breaks rejects where nobody can catch it, and ends the process.
test('a connection that breaks amid more appends than it takes at once: each is told, and the process lives', async () => {
  await log.append(newStream(), 'no_stream', [event()]); // the connection stands
  relay.hold('client');
  const appends = Array.from({ length: 300 }, () => {
    const [stream, sent] = [newStream(), event('x'.repeat(20_000))];
    return { stream, sent, result: log.append(stream, 'no_stream', [sent]) };
  });
  const results = Promise.allSettled(appends.map(({ result }) => result));
  await sleep(100);
  relay.cut();
  relay.release();
  for (const [i, result] of (await results).entries()) {
    const { stream, sent } = appends[i]!;
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(EventStoreUnavailable);
    else expect((await log.read(stream)).map(({ id }) => id)).toEqual([sent.id]);
  }
  await expect.poll(() => log.append(newStream(), 'no_stream', [event()])).toMatchObject({ outcome: 'appended' });
});

test('who finds no room while the event store is silent is told that nothing was sent', async () => {
  await log.append(newStream(), 'no_stream', [event()]);
  relay.hold('server');
  const appends = Array.from({ length: 40 }, () => log.append(newStream(), 'no_stream', [event()]));
  const reasons = (await Promise.allSettled(appends)).map((result) => 'reason' in result && result.reason.message);
  relay.release();
  expect(reasons.filter((reason) => String(reason).includes('no room'))).toHaveLength(25);
  await expect.poll(() => log.append(newStream(), 'no_stream', [event()])).toMatchObject({ outcome: 'appended' });
});

test('an answer that came while this very process stood still is an answer', async () => {
  const direct = connectEventLog(eventStore.url, { timeoutMs: 300 });
  const [first, second] = [newStream(), newStream()];
  await direct.append(first, 'no_stream', [event()]); // the connection stands
  const appended = direct.append(second, 'no_stream', [event()]);
  const read = direct.read(first);
  await immediate(); // both are sent
  for (const end = performance.now() + 400; performance.now() < end; );
  expect(await appended).toMatchObject({ outcome: 'appended', revision: 0n });
  expect(await read).toHaveLength(1);
  await direct.close();
});
