import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { Kysely, PostgresDialect } from 'kysely';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createReadPool } from '../../src/postgres/pool.ts';
import { startProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import type { ReadModel } from '../../src/projections/tables.ts';
import { liveFeed } from '../../src/read-api/live/live-feed.ts';
import { ended, newCallId, openDoor, startStore } from '../commands/webhooks/door.ts';
import { patientLog } from '../support/patient-log.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { eventStream, hears, webSocket } from './live-clients.ts';

test('from a webhook’s 204 to the feed it takes well under 250 ms', async () => {
  const store = await startStore();
  const log = patientLog(store.url);
  const door = await openDoor(log);
  const database = await createTestDatabase();
  const logger = pino({ level: 'silent' });
  const running = await startProjections({
    log,
    databaseUrl: database.url,
    projections: projections.filter(({ name }) => name === 'calls'),
    logger,
  });
  const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool: createReadPool(database.url) }) });
  const authenticate = () => ({ tenantId: 'default', keyId: '1', scopes: ['read'] as const });
  const live = liveFeed({ db, authenticate, endOfLog: log.head, logger });
  const server = serve({ fetch: live.routes.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  live.attach(server);
  await once(server, 'listening');
  onTestFinished(async () => {
    await live.close();
    server.close();
    await door.close();
    await running.stop();
    await db.destroy();
    await database.drop();
    await log.close();
    await store.remove();
  });
  await expect.poll(() => running.status()[0]!.caughtUp).toBe(true);

  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const listeners = [await eventStream(url), await webSocket(url)];
  const TIMES = 20;
  const told: string[] = [];
  const delays: number[] = [];
  for (let i = 1; i <= TIMES; i++) {
    const callId = newCallId();
    told.push(callId);
    expect((await door.post(ended(callId, { disconnection_reason: 'dial_busy' }))).status).toBe(204);
    const recorded = performance.now();
    await Promise.all(listeners.map((ears) => hears(ears, i)));
    delays.push(performance.now() - recorded);
    await sleep((i * 13) % 40);
  }
  for (const ears of listeners) {
    expect(await hears(ears, TIMES)).toEqual(told);
    expect(ears.heard.at(-1)!.data).toEqual({
      ...{ tenantId: 'default', callId: told.at(-1), sessionId: `call:${told.at(-1)}` },
      ...{ outcome: 'busy', statusReason: 'dial_busy', occurredAt: expect.any(String) },
    });
    ears.cut();
  }
  delays.sort((a, b) => a - b);
  if (process.env.MEASURE)
    console.log(`204 to feed: p50 ${delays[TIMES / 2]!.toFixed(0)} ms, max ${delays.at(-1)!.toFixed(0)} ms`);
  expect(delays[TIMES / 2], 'the median: single ones are the machine’s').toBeLessThan(250);
});
