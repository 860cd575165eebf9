import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type EventStoreProcess, spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { connectEventLog, type EventLog } from '../../src/events/event-log.ts';
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
const event = () => ({ id: randomUUID(), type: 'Happened', data: {}, metadata: {} });

// What the client has in its own queue when a connection breaks rejects where nobody can catch it, and ends the process.
test('a connection that breaks amid a burst of appends: each is told, and the process lives', async () => {
  const script = join(import.meta.dirname, 'burst-process.ts');
  const child = spawn(process.execPath, [script, relay.url], { stdio: 'pipe' });
  const complaint = text(child.stderr);
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('connected');
  relay.hold('client');
  child.stdin.write('go\n');
  expect((await lines.next()).value).toBe('sent');
  await sleep(200);
  relay.cut();
  relay.release();
  expect(JSON.parse((await lines.next()).value!)).toEqual({ told: 300, afterwards: 'appended', other: [] });
  expect((await lines.next()).value, 'what is nobody’s to tell ends it all the same').toBe('rejecting');
  expect((await exited)[0]).toBe(1);
  expect(await complaint).toContain('nobody handles this');
});

test('who finds no room while the event store is silent is told that nothing was sent', async () => {
  await log.append(newStream(), 'no_stream', [event()]);
  relay.hold('server');
  const appends = Array.from({ length: 140 }, () => log.append(newStream(), 'no_stream', [event()]));
  const reasons = (await Promise.allSettled(appends)).map((result) => 'reason' in result && result.reason.message);
  relay.release();
  expect(reasons.filter((reason) => String(reason).includes('no room'))).toHaveLength(40);
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
