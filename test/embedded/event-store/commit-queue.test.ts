import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { commitQueue } from '../../../src/embedded/event-store/commit-queue.ts';
import { ANY } from '../../../src/embedded/event-store/requests.ts';
import { temporaryDirectory } from './node-under-test.ts';

const append = (bytes: number) => ({
  kind: 'append' as const,
  stream: 's',
  expected: ANY,
  events: [{ id: randomUUID(), type: 'T', contentType: 'C', data: new Uint8Array(bytes), metadata: new Uint8Array() }],
});

test('all that waits for the disk shares the next commit', async () => {
  let commits = 0;
  const queue = await commitQueue(join(await temporaryDirectory(), 'events.sqlite'), () => commits++);
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => queue.submit(append(10))));
  expect(outcomes.map((outcome) => outcome.kind === 'done' && outcome.revision)).toEqual([...Array(100).keys()]);
  await queue.close();
  expect(commits).toBe(1);
});

test('while the disk does not keep up, there is no room for more', async () => {
  const file = join(await temporaryDirectory(), 'events.sqlite');
  const queue = await commitQueue(file, () => {});
  const disk = new DatabaseSync(file);
  disk.exec('BEGIN IMMEDIATE');
  const appends = Array.from({ length: 80 }, () => queue.submit(append(1_000_000)));
  const room = queue.room();
  expect(room).toBeInstanceOf(Promise);
  disk.exec('ROLLBACK');
  disk.close();
  await room;
  expect(new Set((await Promise.all(appends)).map(({ kind }) => kind))).toEqual(new Set(['done']));
  expect(queue.room()).toBeUndefined();
  await queue.close();
});
