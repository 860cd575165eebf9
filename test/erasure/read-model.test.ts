import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eraseStream } from '../../src/erasure/erase-stream.ts';
import { erasureIn } from '../../src/events/erased.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import type { JsonObject } from '../../src/events/json.ts';
import { withoutPerson } from '../../src/model/redaction.ts';
import { startProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import * as controls from '../projections/controls.ts';
import { minute, type Said, TENANT } from '../projections/controls.ts';
import { logger, storesOfFile } from '../projections/stores.ts';
import { CANARY, world } from './facts.ts';

const stores = await storesOfFile();

const erasure = { id: 'ers_1', by: 'admin', requestedAt: '2026-02-01T00:00:00.000Z' } as const;
const calls = ['call_1', 'call_2', 'call_3'];
type Step = { readonly said: Said; readonly erases: boolean };
const steps = fc
  .tuple(world(calls), fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }))
  .map(([said, erases]) => said.map((one, i): Step => ({ said: one, erases: erases[i] === true && i % 3 === 0 })))
  .filter((some) => some.some(({ erases }) => erases));

let clock = 0;
const erased = new Map<string, bigint>();

/** Records a fact as the door would, and erases its stream afterwards where the step says so. */
async function take({ said, erases }: Step, tenantId: string): Promise<bigint> {
  const { log } = stores;
  const stream = said.stream.replace(TENANT, tenantId);
  const receivedAt = minute(clock++);
  const metadata = { tenantId: TENANT, source: 'webhook', receivedAt, $correlationId: 'c', ...said.metadata };
  const events = await log.read(stream);
  const isCall = stream.startsWith('call-') && 'callId' in said.event.data;
  const about = { ...said.event, metadata: { ...metadata, tenantId } };
  const data = isCall && erasureIn(events) ? withoutPerson(about as never) : said.event.data;
  const event = { id: controls.idOf(said), type: said.event.type, data: data as JsonObject, metadata: about.metadata };
  const result = await log.append(stream, events.at(-1)?.revision ?? 'no_stream', [event as never]);
  if (!erases || result.outcome !== 'appended') return result.outcome === 'appended' ? result.position! : -1n;
  const done = await eraseStream(log, stream, { erasure, now: () => Date.parse(minute(clock)) });
  erased.set(stream, done!.before);
  return (await log.read(stream)).at(-1)!.position;
}

/** The log of a store that has removed what was erased. */
const scavenged = (log: EventLog): EventLog => ({
  ...log,
  async *subscribe(options) {
    for await (const batch of log.subscribe(options))
      yield { ...batch, events: batch.events.filter(({ stream, revision }) => revision >= (erased.get(stream) ?? 0n)) };
  },
});

/** Every row of every table, also of those that only the engine reads. */
async function tables(): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await stores.pool.query<{ tablename: string }>(
    `select tablename from pg_tables where schemaname = 'projection' and tablename like 'calls_1_%' order by 1`,
  );
  const read = async ({ tablename }: { tablename: string }) => {
    const found = await stores.pool.query(`select to_jsonb(t) as row from projection."${tablename}" t`);
    return [tablename.replace('calls_1_', ''), found.rows.map(({ row }) => JSON.stringify(row)).sort()] as const;
  };
  return new Map(await Promise.all(rows.map(read)));
}

const start = (log: EventLog, maxBatch: number) =>
  startProjections({ log, databaseUrl: stores.databaseUrl, projections, logger, options: { maxBatch, standbyMs: 50 } });

/** `TEST_WORLDS=30` looks longer. */
const WORLDS = Number(process.env.TEST_WORLDS ?? 6);

test('the read model is the same whether or not what was erased is still in the log', {
  timeout: 120_000,
}, async () => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000_000);
  const worlds = fc.sample(steps, { numRuns: WORLDS, seed });
  const inOrder = Array.from({ length: 20 }, (_, round) =>
    worlds.flatMap((some, t) => some.slice(round, round + 1).map((step) => ({ step, tenantId: `t${t}` }))),
  ).flat();
  let position = -1n;
  const running = await start(stores.log, 5);
  for (const { step, tenantId } of inOrder) {
    const at = await take(step, tenantId);
    if (at > position) position = at;
  }
  expect(await running.waitUntilCaughtUp(position, 60_000)).toBe(true);
  await running.stop();
  expect(erased.size).toBeGreaterThan(0);
  const live = await tables();
  for (const [log, maxBatch, what] of [
    [stores.log, 2000, 'with what was erased'],
    [scavenged(stores.log), 3, 'without it, in small batches'],
    [scavenged(stores.log), 2000, 'without it'],
  ] as const) {
    await stores.pool.query('drop schema if exists projection cascade');
    const anew = await start(log, maxBatch);
    expect(await anew.waitUntilCaughtUp(position, 60_000)).toBe(true);
    await anew.stop();
    for (const [name, rows] of await tables())
      expect(rows, `TEST_SEED=${seed}, ${what}, ${name}`).toEqual(live.get(name));
  }
  const left = [...live].flatMap(([name, rows]) => rows.map((row) => `${name} ${row}`));
  const wholly = [...erased.keys()].filter((stream) => stream.startsWith('call-'));
  const streams = left.filter((row) =>
    wholly.some((stream) => row.startsWith('streams') && row.includes(`"${stream}"`)),
  );
  expect(streams.length).toBe(wholly.length);
  expect(streams.filter((row) => row.includes(CANARY))).toEqual([]);
});
