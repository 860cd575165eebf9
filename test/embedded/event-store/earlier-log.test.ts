// The log of a release that removed nothing: its file keeps old bytes where no table has them.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { encodeEvent, JSON_CONTENT } from '../../../src/embedded/event-store/event-bytes.ts';
import { spawnEventStore } from '../../../src/embedded/event-store/spawn.ts';
import { findCanaries } from '../../support/canaries.ts';
import { patientLog } from '../../support/patient-log.ts';
import { temporaryDirectory } from './node-under-test.ts';

/** As an earlier release wrote it. */
const TABLES = `
  PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;
  CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, metadata TEXT) STRICT;
  CREATE TABLE events (position INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, revision INTEGER NOT NULL,
    created INTEGER NOT NULL, id TEXT NOT NULL, stream TEXT NOT NULL, type TEXT NOT NULL, message BLOB NOT NULL) STRICT;
  CREATE UNIQUE INDEX events_of_stream ON events (stream_id, revision);
  CREATE TABLE log (next_position INTEGER NOT NULL) STRICT;
  INSERT INTO log VALUES (1);
  INSERT INTO streams VALUES (1, 'call-acme.1', NULL);
  PRAGMA user_version = 1;`;

test('what an earlier release left in the file beside its tables is gone after a scavenge too', async () => {
  const [dataDir, gone] = [await temporaryDirectory(), `canary-${randomUUID()}`];
  const file = join(dataDir, 'events.sqlite');
  const db = new DatabaseSync(file);
  db.exec(TABLES);
  const insert = db.prepare('INSERT INTO events VALUES (?, 1, ?, 1700000000000, ?, ?, ?, ?)');
  for (let revision = 0; revision < 6; revision++) {
    const [id, stream, type, position] = [randomUUID(), 'call-acme.1', 'Happened', revision + 1];
    const data = Buffer.from(JSON.stringify({ text: `${revision < 5 ? gone : 'kept'} `.repeat(40) }));
    const message = encodeEvent(
      { ...{ id, type, data }, contentType: JSON_CONTENT, metadata: Buffer.from('{}') },
      { stream, revision, position, created: 1_700_000_000_000 },
    );
    insert.run(position, revision, id, stream, type, message);
  }
  db.close();
  const times = (await readFile(file)).toString('latin1').split(gone).length - 1;
  expect(times, 'more than the table holds').toBeGreaterThan(5 * 40);

  const node = await spawnEventStore({ dataDir });
  const log = patientLog(node.url);
  const position = await log.truncateBefore('call-acme.1', 5n);
  await vi.waitFor(async () => expect(await log.scavenge(position!)).toBe('done'), { timeout: 10_000 });
  expect(await findCanaries(dataDir, [gone])).toEqual([]);
  expect((await log.read('call-acme.1')).map(({ revision }) => revision)).toEqual([5n]);
  await log.close();
  await node.stop();
});
