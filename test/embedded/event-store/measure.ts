/**
 * How fast the embedded node is on this machine, client included:
 *   node test/embedded/event-store/measure.ts [seconds]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent, streamNameFilter } from '@eventstore/db-client';
import { spawnEventStore } from '../../../src/embedded/event-store/spawn.ts';

const seconds = Number(process.argv[2] ?? 5);
const IN_FLIGHT = 128;
const pad = 'x'.repeat(900);
const event = (i: number) => jsonEvent({ type: 'Measured', data: { i, pad } });

const dataDir = await mkdtemp(join(tmpdir(), 'event-store-measure-'));
const node = await spawnEventStore({ dataDir });
const client = EventStoreDBClient.connectionString(node.url);

async function rate(what: string, run: () => Promise<number>): Promise<void> {
  const began = performance.now();
  const count = await run();
  const took = performance.now() - began;
  console.log(`${what}: ${Math.round((count / took) * 1000)}/s (${count} in ${Math.round(took)} ms)`);
}

async function appendFor(ms: number, perAppend: number): Promise<number> {
  const end = performance.now() + ms;
  let appended = 0;
  const worker = async (w: number) => {
    for (let i = 0; performance.now() < end; i++) {
      await client.appendToStream(
        `call-${w}-${i % 500}`,
        Array.from({ length: perAppend }, () => event(i)),
      );
      appended += perAppend;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, w) => worker(w)));
  return appended;
}

async function catchUp(prefix: string): Promise<number> {
  const subscription = client.subscribeToAll({
    filter: streamNameFilter({ prefixes: [prefix], maxSearchWindow: 1000 }),
  });
  let count = 0;
  subscription.on('data', () => count++);
  await new Promise((resolve) => subscription.once('caughtUp', resolve));
  await subscription.unsubscribe();
  return count;
}

await rate(`appends of one 1 KB event, ${IN_FLIGHT} in flight`, () => appendFor(seconds * 1000, 1));
await rate('events appended in hundreds', () => appendFor(seconds * 1000, 100));
for (const _ of [1, 2, 3]) await rate('catch-up of filtered $all, events', () => catchUp('call-'));

await client.dispose();
await node.stop();
await rm(dataDir, { recursive: true });
