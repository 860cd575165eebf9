import { randomUUID } from 'node:crypto';
import { Kysely, PostgresDialect } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import type { EventLog } from '../../src/events/event-log.ts';
import { startProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import type { ReadModel } from '../../src/projections/tables.ts';
import { ReadModelBehind } from '../../src/read-api/as-of.ts';
import { readModelReaches } from '../../src/time-travel/reached.ts';
import { logger, storesOfFile } from '../projections/stores.ts';

const stores = await storesOfFile();
const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool: stores.pool }) });
beforeAll(async () => {
  const running = await startProjections({ log: stores.log, databaseUrl: stores.databaseUrl, projections, logger });
  await running.waitUntilCaughtUp(0n, 10_000);
  await running.stop(); // nothing is projected from here on
});

const quarantine = projections.find(({ name }) => name === 'quarantine')!;
const say = async (stream: string): Promise<bigint> => {
  const event = { id: randomUUID(), type: 'Noise', data: {}, metadata: {} };
  const appended = await stores.log.append(stream, 'no_stream', [event]);
  return appended.outcome === 'appended' ? appended.position! : expect.fail(appended.outcome);
};

test('of a projection that has seen nothing the log is looked through once, and only what is new after that', async () => {
  const begins: (bigint | undefined)[] = [];
  let isHeld = true;
  const log: EventLog = {
    ...stores.log,
    holds: async (place) => isHeld && (await stores.log.holds(place)),
    subscribe(options) {
      begins.push(options.after);
      return stores.log.subscribe(options);
    },
  };
  const reaches = (position: bigint) => readModelReaches({ log, db }, { position }, quarantine, { withinMs: 500 });
  const first = await say(`call-acme.${randomUUID()}`);
  await reaches(first);
  await reaches(first);
  const second = await say(`call-acme.${randomUUID()}`);
  await reaches(second);
  expect(begins).toEqual([undefined, first]);

  isHeld = false; // the log was restored
  await reaches(second);
  expect(begins.at(-1)).toBeUndefined();
  isHeld = true;

  const aside = await say(`quarantine-acme.${randomUUID()}`);
  await expect(reaches(aside)).rejects.toThrow(ReadModelBehind);
  await reaches(second);
});
