// Postgres keeps what a row was before in its files, until something else is written there.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres/start.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { type Scrubbed, scrub } from '../../src/projections/engine/scrub.ts';
import { type RunningProjections, startProjections } from '../../src/projections/engine/start.ts';
import type { Table } from '../../src/projections/engine/table.ts';
import { findCanaries } from '../support/canaries.ts';
import { patientLog } from '../support/patient-log.ts';
import { dataDirectory } from '../support/service.ts';
import { logger } from './stores.ts';

const people: Table = {
  name: 'people',
  columns: { stream: 'text not null', agent: 'text', note: 'text' },
  key: ['stream'],
  indexes: ['(agent)'],
  queryIndexes: ['(note)'],
  view: ['stream', 'agent', 'note'],
};

/** Shows the agent and the status of each call, which the last fact has. */
const projection = {
  name: 'people',
  version: 1,
  prefixes: ['call-'],
  tables: [people],
  reduce: (_state, fact) => fact.data,
  async save(tables, { changed }) {
    const rows = [...changed].map(([stream, { after }]) => {
      const { agentId = null, callStatus = null } = after as { agentId?: string; callStatus?: string };
      return { stream, agent: agentId, note: callStatus };
    });
    await tables.upsert(people, rows);
  },
} as Projection;

let directory: Awaited<ReturnType<typeof dataDirectory>>;
let postgres: EmbeddedPostgres;
let log: EventLog;
let running: RunningProjections;
let admin: pg.Client;
const cleanUp: (() => unknown)[] = [];
beforeAll(async () => {
  directory = await dataDirectory();
  const [node, started] = await Promise.all([
    spawnEventStore({ dataDir: join(directory.path, 'eventstore') }),
    startEmbeddedPostgres({ dataDir: join(directory.path, 'postgres'), settings: { fsync: 'off' } }),
  ]);
  postgres = started;
  log = patientLog(node.url);
  admin = new pg.Client({ connectionString: new URL(new URL(postgres.url).pathname, postgres.adminUrl).href });
  await admin.connect();
  running = await startProjections({
    ...{ log, databaseUrl: postgres.url, projections: [projection], logger },
    options: { standbyMs: 50 },
    operations: { pollMs: 20 },
  });
  cleanUp.push(
    () => running.stop(),
    () => log.close(),
    () => admin.end(),
    node.stop,
    started.stop,
    directory.remove,
  );
}, 60_000);
afterAll(async () => {
  for (const step of cleanUp) await step();
}, 60_000);

const say = async (callId: string, revision: bigint | 'no_stream', claims: Readonly<Record<string, string>>) => {
  const data = { callId, event: 'call_ended', payloadDigest: 'd', ...claims };
  const metadata = { tenantId: 'acme', source: 'webhook', receivedAt: new Date().toISOString(), $correlationId: 'c' };
  const event = { id: randomUUID(), type: 'CallEnded', data, metadata };
  const appended = await log.append(`call-acme.${callId}`, revision, [event]);
  return appended.outcome === 'appended' ? appended.position! : -1n;
};
/** What is in the files of tables, indexes and TOAST, once all is written to them. */
const inFiles = async (...canaries: string[]) => {
  await admin.query('CHECKPOINT');
  return findCanaries(join(directory.path, 'postgres'), canaries, (file) => !/pg_wal|binaries/.test(file));
};
const scrubbed = (position: bigint) =>
  vi.waitFor(
    async () => {
      const answers: Scrubbed[] = [];
      answers.push(await scrub({ databaseUrl: postgres.url, projections: [projection], position }));
      expect(answers).toEqual(['done']);
    },
    { timeout: 30_000, interval: 50 },
  );

test('after a scrub nothing of what rows were before is in a file, and readers have noticed nothing', async () => {
  const [agent, note, kept] = [`agent-${randomUUID()}`, `note-${randomUUID()}`, `kept-${randomUUID()}`];
  const long = `${note} ${Array.from({ length: 300 }, randomUUID).join(' ')}`;
  let position = -1n;
  // Often enough to be among the statistics' commonest values.
  for (let n = 0; n < 40; n++) await say(`call_${n}`, 'no_stream', { agentId: n < 30 ? agent : kept });
  position = await say('call_0', 0n, { agentId: agent, callStatus: long.slice(0, 2000) });
  expect(await running.waitUntilApplied('people', position, 20_000)).toBe(true);
  await admin.query('ANALYZE');
  expect(await inFiles(agent)).not.toEqual([]);
  expect(await inFiles(note)).not.toEqual([]);

  for (let n = 0; n < 30; n++) position = await say(`call_${n}`, n === 0 ? 1n : 0n, {});
  expect(await running.waitUntilApplied('people', position, 20_000)).toBe(true);
  expect(await inFiles(agent), 'what was updated is still there').not.toEqual([]);

  const reader = new pg.Client({ connectionString: postgres.url });
  await reader.connect();
  let isOver = false;
  const reading = (async () => {
    for (; !isOver; ) expect((await reader.query('select count(*)::int as n from people')).rows[0].n).toBe(40);
  })();
  expect(await scrub({ databaseUrl: postgres.url, projections: [projection], position })).toBe('pending');
  await scrubbed(position);
  isOver = true;
  await reading;
  await reader.end();

  expect(await inFiles(agent, note)).toEqual([]);
  expect(await inFiles(kept)).not.toEqual([]);
  const { rows } = await admin.query('select generation, state from projection.projections');
  expect(rows).toEqual([{ generation: 2, state: 'live' }]);
  // Facts go on into what was copied.
  const later = await say('call_0', 2n, { agentId: kept });
  expect(await running.waitUntilApplied('people', later, 20_000)).toBe(true);
  expect((await admin.query(`select agent from people where stream = 'call-acme.call_0'`)).rows).toEqual([
    { agent: kept },
  ]);
  // Asked again it is done already, and nothing is written anew.
  expect(await scrub({ databaseUrl: postgres.url, projections: [projection], position })).toBe('done');
  expect((await admin.query('select generation from projection.projections')).rows).toEqual([{ generation: 2 }]);
}, 90_000);
