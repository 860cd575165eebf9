import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Logger, pino } from 'pino';
import { afterAll } from 'vitest';
import type { EventLog } from '../../src/events/event-log.ts';
import type { JsonObject } from '../../src/events/json.ts';
import { startHostedStore } from '../support/hosted-store.ts';
import { patientLog } from '../support/patient-log.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { idOf, minute, type Said, TENANT } from './controls.ts';

/** A real event store and a real Postgres, both empty; what one test file works with. */
export type Stores = {
  readonly log: EventLog;
  readonly eventStoreUrl: string;
  readonly databaseUrl: string;
  /** For looking at what is there. */
  readonly pool: pg.Pool;
  /** Writes controls in this order, without a pause in between; answers the position of the last. */
  say(...said: readonly Said[]): Promise<bigint>;
  stop(): Promise<void>;
};

/** As silent as a test should be; `TEST_LOG=debug` tells all. */
export const logger: Logger = pino({ level: process.env.TEST_LOG ?? 'silent' });

/** For one test file, which calls this at its top. */
export async function storesOfFile(): Promise<Stores> {
  const stores = await startStores();
  afterAll(() => stores.stop());
  return stores;
}

export async function startStores(): Promise<Stores> {
  const dataDir = await mkdtemp(join(tmpdir(), 'call-ledger-projections-'));
  const [eventStore, database] = await Promise.all([startHostedStore({ dataDir }), createTestDatabase()]);
  const log = patientLog(eventStore.url);
  const pool = new pg.Pool({ connectionString: database.url, max: 3 });
  pool.on('error', () => {});
  const revisions = new Map<string, bigint>();
  let clock = 0;
  let isConnected = false;
  const append = async ({ stream, event, metadata }: Said): Promise<bigint> => {
    const known = revisions.get(stream);
    revisions.set(stream, (known ?? -1n) + 1n);
    const at = minute(clock++);
    const appended = await log.append(stream, known ?? 'no_stream', [
      {
        id: idOf({ stream, event }),
        type: event.type,
        data: event.data as JsonObject,
        metadata: {
          ...{ tenantId: TENANT, source: 'webhook', receivedAt: at, $correlationId: 'c' },
          ...metadata,
        } as JsonObject,
      },
    ]);
    if (appended.outcome !== 'appended') throw new Error(`${stream} is at ${appended.actual}`);
    return appended.position!;
  };
  return {
    log,
    eventStoreUrl: eventStore.url,
    databaseUrl: database.url,
    pool,
    async say(...said) {
      const appends: Promise<bigint>[] = [];
      for (const one of said) {
        appends.push(append(one));
        // The client keeps the order from its first answer on.
        if (!isConnected) await appends[0];
        isConnected = true;
      }
      return (await Promise.all(appends)).at(-1) ?? -1n;
    },
    async stop() {
      await pool.end();
      await log.close();
      await eventStore.stop();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
