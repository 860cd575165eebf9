import { expect, test } from 'vitest';
import type { Recorded } from '../../src/events/recorded.ts';
import { callStream } from '../../src/events/streams.ts';
import { connect } from '../../src/postgres/connection.ts';
import { applyBatch, type BatchResult } from '../../src/projections/engine/apply.ts';
import { generationFor } from '../../src/projections/engine/generations.ts';
import { prepare } from '../../src/projections/engine/migrations.ts';
import { redrive } from '../../src/projections/engine/redrive.ts';
import { writerOf } from '../../src/projections/engine/writer.ts';
import { ended, started, TENANT, unrecognized } from './controls.ts';
import { BREAKS_THE_REDUCER, spoken } from './parking.ts';
import { logger, storesOfFile } from './stores.ts';

const stores = await storesOfFile();

test('a redrive takes nothing that the projection has still to come to, and writes nothing where another does', async () => {
  const scene = { tenantId: TENANT, mended: false };
  const projection = spoken(scene);
  const { log } = stores;
  await stores.say(
    started({ agentName: BREAKS_THE_REDUCER }),
    ended({ agentName: 'b' }),
    unrecognized({ agentName: 'c' }),
  );
  const events = await log.read(callStream(TENANT, 'call_1'));
  await using connection = await connect(stores.databaseUrl, 'test');
  const { db } = connection;
  await prepare(db);
  const writer = await writerOf({ db, log, projection, logger, generation: await generationFor(db, projection) });
  const apply = async (some: readonly Recorded[]) =>
    (await applyBatch(writer, { events: some, caughtUp: true, weight: 0 })) as BatchResult;
  const agents = async () => (await stores.pool.query('select agents from spoken')).rows.map((row) => row.agents);

  const { newlyParked } = await apply(events.slice(0, 2));
  scene.mended = true;
  const elsewhere = { ...writer, generation: { ...writer.generation, checkpoint: events[2]!.position } };
  await expect(redrive(elsewhere, newlyParked[0]!)).rejects.toThrow(/checkpoint/);
  expect(await agents()).toEqual([]);
  expect(await redrive(writer, newlyParked[0]!)).toBe('redriven');
  expect(await agents()).toEqual([`${BREAKS_THE_REDUCER} b`]);
  writer.parked.clear();
  await apply(events.slice(2));
  expect(await agents()).toEqual([`${BREAKS_THE_REDUCER} b c`]);
});
