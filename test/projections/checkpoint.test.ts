import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventLog } from '../../src/events/event-log.ts';
import { connect, type Database, inTransaction } from '../../src/postgres/connection.ts';
import { advanceCheckpoint, applyBatch } from '../../src/projections/engine/apply.ts';
import type { WeighedBatch } from '../../src/projections/engine/batches.ts';
import { type Generation, generationFor, generations } from '../../src/projections/engine/generations.ts';
import { prepare } from '../../src/projections/engine/migrations.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { writerOf } from '../../src/projections/engine/writer.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { ended, recorded, started } from './controls.ts';
import { logger } from './stores.ts';
import { tally } from './tally.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const open = () => connect(database.url, 'test');

/** The projection under another name, so that each test has its own tables. */
async function fresh(name: string, projection: Projection = tally()) {
  await using connection = await open();
  await prepare(connection.db);
  const named: Projection = { ...projection, name };
  return { projection: named, generation: await generationFor(connection.db, named) };
}

async function stand(name: string) {
  await using connection = await open();
  const [generation] = await generations(connection.db, name);
  const { rows } = await sql<{ facts: number }>`select facts from ${sql.id('projection', `${name}_1_tally`)}`.execute(
    connection.db,
  );
  return { checkpoint: generation?.checkpoint, facts: rows.map(({ facts }) => facts) };
}

const batch = { events: recorded(started(), ended()), caughtUp: false, weight: 0 };
const later = { ...batch, events: batch.events.map((fact) => ({ ...fact, position: fact.position * 50n })) };

const log = {} as EventLog; // nothing is read of it

/** As one does who believes in this checkpoint. */
async function apply(
  db: Database,
  projection: Projection,
  generation: Generation,
  checkpoint?: bigint,
  some: WeighedBatch = batch,
) {
  const believed = { ...generation, checkpoint };
  const result = await applyBatch(await writerOf({ db, log, projection, logger, generation: believed }), some);
  return result === 'superseded' ? result : 'applied';
}

test('any number of processes may prepare an empty database at once', async () => {
  const empty = await createTestDatabase();
  const connections = await Promise.all(Array.from({ length: 8 }, () => connect(empty.url, 'test')));
  const made = connections.map(async ({ db }) => {
    await prepare(db);
    return (await generationFor(db, tally())).generation;
  });
  expect(await Promise.all(made)).toEqual(connections.map(() => 1));
  await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
  await empty.drop();
});

test('of five who apply the same events at once, one does', async () => {
  const { projection, generation } = await fresh('five');
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, async () => {
      await using connection = await open();
      return await apply(connection.db, projection, generation);
    }),
  );
  expect(outcomes.sort()).toEqual(['applied', 'superseded', 'superseded', 'superseded', 'superseded']);
  expect(await stand('five')).toEqual({ checkpoint: 14n, facts: [2] });
});

test('whoever dies after writing rows leaves neither rows nor checkpoint', async () => {
  const suicide = tally(1, async (trx) => void (await sql`select pg_terminate_backend(pg_backend_pid())`.execute(trx)));
  const { projection, generation } = await fresh('killed', suicide);
  {
    await using connection = await open();
    await expect(apply(connection.db, projection, generation)).rejects.toThrow();
  }
  expect(await stand('killed')).toEqual({ checkpoint: undefined, facts: [] });

  await using connection = await open();
  expect(await apply(connection.db, { ...tally(), name: 'killed' }, generation)).toBe('applied');
  expect(await stand('killed')).toEqual({ checkpoint: 14n, facts: [2] });
});

test('one who believes in an older checkpoint writes nothing, however far it has read', async () => {
  const { projection, generation } = await fresh('stale');
  await using connection = await open();
  await apply(connection.db, projection, generation);
  expect(await apply(connection.db, projection, generation, 7n, later)).toBe('superseded');
  expect(await apply(connection.db, projection, generation, undefined, later)).toBe('superseded');
  expect(await stand('stale')).toEqual({ checkpoint: 14n, facts: [2] });
});

test('positions compare as numbers, and only go forward', async () => {
  const { generation } = await fresh('numbers');
  await using connection = await open();
  const advance = (from: bigint | undefined, to: bigint) =>
    inTransaction(connection.db, (trx) =>
      advanceCheckpoint(trx, { ...generation, checkpoint: from }, { position: to, id: 'it' }, false),
    );
  expect(await advance(undefined, 9n)).toBe(true);
  expect(await advance(9n, 10n)).toBe(true);
  expect(await advance(10n, 9n)).toBe(false);
  expect(await advance(10n, 10n)).toBe(false);
  expect(await advance(10n, 9_007_199_254_740_993n)).toBe(true);
  expect((await stand('numbers')).checkpoint).toBe(9_007_199_254_740_993n);
});
