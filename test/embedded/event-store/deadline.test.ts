import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DeadlineExceededError, EventStoreDBClient, StreamNotFoundError } from '@eventstore/db-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EventStoreProcess, spawnEventStore } from '../../../src/embedded/event-store/spawn.ts';
import { collect, event, rows, temporaryDirectory } from './node-under-test.ts';

let dataDir: string;
let node: EventStoreProcess;
let client: EventStoreDBClient;
beforeAll(async () => {
  dataDir = await temporaryDirectory();
  node = await spawnEventStore({ dataDir });
  client = EventStoreDBClient.connectionString(node.url);
});
afterAll(async () => {
  await client.dispose();
  await node.stop();
});

const paths = [
  ['batch', {}],
  ['single', { credentials: { username: 'any', password: 'any' } }],
] as const;

test.each(paths)('a %s append whose deadline is over is refused', async (path, options) => {
  const late = client.appendToStream(`over-${path}`, event('A'), { deadline: -1000, ...options });
  await expect(late).rejects.toThrow(DeadlineExceededError);
  await expect(collect(client.readStream(`over-${path}`))).rejects.toThrow(StreamNotFoundError);
});

test('while the disk does not answer, appends end at their deadline and reads go on', async () => {
  await client.appendToStream('before', event('A'));
  const disk = new DatabaseSync(join(dataDir, 'events.sqlite'));
  disk.exec('BEGIN IMMEDIATE');
  const ended: number[] = [];
  const [first, second] = [1, 2].map((n) =>
    client
      .appendToStream(`stuck-${n}`, event('A'), { deadline: 2000 })
      .then(
        () => 'appended',
        (error) => error,
      )
      .finally(() => ended.push(n)),
  );
  expect(await rows(client.readStream('before'))).toEqual(['0 A']);
  expect(ended, 'the read went first').toEqual([]);
  expect(await first).toBeInstanceOf(DeadlineExceededError);
  expect(await second).toBeInstanceOf(DeadlineExceededError);
  disk.exec('ROLLBACK');
  disk.close();
  expect((await client.appendToStream('after', event('A'))).success).toBe(true);
});
