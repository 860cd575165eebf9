import { expect, test } from 'vitest';
import type { Recorded } from '../../src/events/recorded.ts';
import { callStream } from '../../src/events/streams.ts';
import { connect } from '../../src/postgres/connection.ts';
import { applyBatch, type BatchResult } from '../../src/projections/engine/apply.ts';
import { generationFor } from '../../src/projections/engine/generations.ts';
import { prepare } from '../../src/projections/engine/migrations.ts';
import { redrive } from '../../src/projections/engine/redrive.ts';
import { oneAfterAnother, writerOf } from '../../src/projections/engine/writer.ts';
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

test('those who take turns wait for each other, whatever becomes of the one before', async () => {
  const exclusively = oneAfterAnother();
  const seen: string[] = [];
  const step = (name: string, fails = false) =>
    exclusively(async () => {
      seen.push(`${name} begins`);
      await new Promise(setImmediate);
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const all = await Promise.allSettled([step('one'), step('two', true), step('three')]);
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(seen).toEqual(['one', 'two', 'three'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});
