import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reasonOf } from '../../../src/embedded/event-store/log-writer.ts';
import { type EventStoreProcess, spawnEventStore } from '../../../src/embedded/event-store/spawn.ts';
import { EventStoreNotWriting } from '../../../src/events/event-log.ts';
import { fillDisk, makeRoom } from '../../support/disk.ts';
import { patientLog } from '../../support/patient-log.ts';
import { temporaryDirectory } from './node-under-test.ts';

let node: EventStoreProcess;
let log: ReturnType<typeof patientLog>;
const lines: string[] = [];
beforeAll(async () => {
  const logger = { warn: (line: string) => void lines.push(line) };
  node = await spawnEventStore({ dataDir: await temporaryDirectory(), logger });
  log = patientLog(node.url);
});
afterAll(async () => {
  await log.close();
  await node.stop();
});

const event = () => ({ id: randomUUID(), type: 'Happened', data: { filler: '.'.repeat(10_000) }, metadata: {} });
const complaints = () => lines.filter((line) => line.includes('append'));
const returns = () => lines.filter((line) => line.includes('written again'));

test('a node that cannot write answers so at once, says it once, and once when it writes again', async () => {
  const first = event();
  await log.append('call-acme.before', 'no_stream', [first]);
  fillDisk(node.pid);
  for (let i = 0; i < 5; i++) {
    const asked = performance.now();
    const refused = log.append('call-acme.full', 'no_stream', [event()]);
    await expect(refused).rejects.toThrow(EventStoreNotWriting);
    await expect(refused).rejects.toMatchObject({ reason: 'the log cannot be written: disk I/O error' });
    expect(performance.now() - asked).toBeLessThan(2000);
  }
  expect(await log.append('call-acme.before', 'no_stream', [first]), 'a repeat').toMatchObject({ revision: 0n });
  expect(await log.append('call-acme.before', 'no_stream', [event()])).toMatchObject({ outcome: 'conflict' });
  await expect.poll(complaints).toEqual(['nothing can be appended: the log cannot be written: disk I/O error']);
  expect(returns()).toEqual([]);
  expect(await log.read('call-acme.before')).toHaveLength(1);

  makeRoom(node.pid);
  expect(await log.read('call-acme.full')).toEqual([]);
  expect(await log.append('call-acme.full', 'no_stream', [event()])).toMatchObject({ revision: 0n });
  await log.append('call-acme.full', 0n, [event()]);
  await expect.poll(returns).toEqual(['the log is written again']);
  expect(complaints()).toHaveLength(1);
});

function failureOf(use: (file: string) => void, file: string): unknown {
  try {
    use(file);
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

test('what SQLite reports is told in an operator’s words', async () => {
  const directory = await temporaryDirectory();
  const full = failureOf(
    (file) => {
      const db = new DatabaseSync(file);
      db.exec('CREATE TABLE t (x BLOB); PRAGMA max_page_count = 2; INSERT INTO t VALUES (zeroblob(100000))');
    },
    join(directory, 'full.db'),
  );
  expect(reasonOf(full)).toBe('the disk is full');
  const readOnly = failureOf(
    (file) => new DatabaseSync(file, { readOnly: true }).exec('CREATE TABLE u (x)'),
    join(directory, 'full.db'),
  );
  expect(reasonOf(readOnly)).toBe('the log is read-only');
  expect(reasonOf(new Error('odd'))).toBe('the log cannot be written: odd');
});
