import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, expect, vi } from 'vitest';
import { callStream } from '../../src/events/streams.ts';
import { connect } from '../../src/postgres/connection.ts';
import { prepare } from '../../src/projections/engine/migrations.ts';
import {
  cancelOperation,
  findOperation,
  type Operation,
  type OperationKind,
  requestOperation,
} from '../../src/projections/engine/operations.ts';
import { listParked } from '../../src/projections/engine/parked.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import {
  type ProjectionsOptions,
  type RunningProjections,
  startProjections,
} from '../../src/projections/engine/start.ts';
import { ended, started, TENANT } from './controls.ts';
import { logger, startStores } from './stores.ts';
import { tally } from './tally.ts';

/** A tally that takes its time: every batch so long. Batches hold ten events. */
export const slowTally = (ms: number, version = 1): Projection => tally(version, () => sleep(ms)) as Projection;

/** Projections, what operators request of them, and the log and the rows to compare. */
export async function startScene() {
  const stores = await startStores();
  const { log, databaseUrl, pool } = stores;
  const running = new Set<RunningProjections>();
  const connection = await connect(databaseUrl, 'operator');
  const { db } = connection;
  await prepare(db);
  let spoken = 0;
  /** So many calls of two facts each, one fact after the other; answers the last one's position. */
  const calls = async (n: number): Promise<bigint> => {
    let position = -1n;
    for (let i = 0; i < n; i++) {
      const callId = `call_${spoken++}`;
      position = await stores.say(started({}, {}, callId), ended({}, {}, callId));
    }
    return position;
  };

  const operation = async (id: string): Promise<Operation> => (await findOperation(db, id))!;
  return {
    ...stores,
    db,
    async start(
      projection: Projection = tally() as Projection,
      operations: ProjectionsOptions['operations'] = {},
      maxParked = 100,
    ) {
      const made = await startProjections({
        ...{ log, databaseUrl, projections: [projection], logger, maxParked },
        options: { standbyMs: 50, maxBatch: 10 },
        operations: { pollMs: 20, ...operations },
      });
      running.add(made);
      return made;
    },
    calls,
    /** A call, and again after a moment; the end answers the position of the last. */
    load() {
      let isOver = false;
      const loading = (async () => {
        let position = await calls(1);
        for (; !isOver; await sleep(20)) position = await calls(1);
        return position;
      })();
      return {
        end() {
          isOver = true;
          return loading;
        },
      };
    },
    /** The id of what was queued. */
    async request(kind: OperationKind, order: { acceptParked?: boolean } = {}): Promise<string> {
      const requested = await requestOperation(db, kind, 'tally', order);
      if ('queued' in requested) return requested.queued;
      throw new Error(`${requested.underWay.kind} is ${requested.underWay.state}`);
    },
    cancel: (id: string) => cancelOperation(db, id),
    operation,
    /** As it is when it is over. */
    over: (id: string): Promise<Operation> =>
      vi.waitFor(
        async () => {
          const one = await operation(id);
          expect(one.finishedAt).toBeDefined();
          return one;
        },
        { timeout: 30_000, interval: 20 },
      ),
    /** Generation, its state and checkpoint, the oldest first. */
    async generations() {
      const { rows } = await pool.query<{ generation: number; state: string; checkpoint: string | null }>(
        `select generation, state, checkpoint from projection.projections where name = 'tally' order by generation`,
      );
      return rows;
    },
    async states() {
      return Object.fromEntries((await this.generations()).map(({ generation, state }) => [generation, state]));
    },
    /** Waits until the generation that is being built has something. */
    begun: () =>
      vi.waitFor(
        async () => {
          const { rows } = await pool.query<{ checkpoint: string }>(
            `select checkpoint from projection.projections where state = 'building' and checkpoint is not null`,
          );
          expect(rows).toHaveLength(1);
          return BigInt(rows[0]!.checkpoint);
        },
        { timeout: 30_000, interval: 10 },
      ),
    /** The stream of the call that was spoken of last but so many. */
    stream: (before = 0): string => callStream(TENANT, `call_${spoken - 1 - before}`),
    /** What the live generation has set aside, in the order of the log. */
    async parked() {
      const items = await listParked(db, { limit: 1000 });
      items.sort((a, b) => (a.position < b.position ? -1 : 1));
      return items.map(({ id, stream, waiting, error }) => ({ id, stream, waiting, error }));
    },
    /** Has everything that is parked tried again. */
    redrive: () => pool.query('update projection.parked set redrive_requested_at = now()'),
    /** How many facts each call has, as the view shows it. */
    async tallied(): Promise<number[]> {
      const { rows } = await pool.query<{ facts: number }>('select facts from tally order by stream');
      return rows.map(({ facts }) => facts);
    },
    /** Every call that was spoken of, with both its facts: what the view must show in the end. */
    all: () => Array.from({ length: spoken }, () => 2),
    async tables(): Promise<string[]> {
      const { rows } = await pool.query<{ tablename: string }>(
        `select tablename from pg_tables where schemaname = 'projection' and tablename like 'tally%' order by 1`,
      );
      return rows.map(({ tablename }) => tablename);
    },
    async clear() {
      await Promise.all([...running].map((projections) => projections.stop()));
      running.clear();
      await pool.query('drop schema if exists projection cascade');
      await prepare(db);
    },
    async stop() {
      await connection[Symbol.asyncDispose]();
      await stores.stop();
    },
  };
}
export type Scene = Awaited<ReturnType<typeof startScene>>;

/** Reads the views again and again, in some connections; tells what went wrong, and whether a read model went back. */
export function readAllTheTime({ pool }: Pick<Scene, 'pool'>) {
  let reading = true;
  let reads = 0;
  const wrong: unknown[] = [];
  const readers = [0, 1].map(async () => {
    for (let most = 0; reading; reads++) {
      try {
        const { rows } = await pool.query<{ facts: number }>('select coalesce(sum(facts), 0)::int as facts from tally');
        const { facts } = rows[0]!;
        if (facts < most) wrong.push(`${facts} after ${most}`);
        most = facts;
        await sleep(2);
      } catch (error) {
        wrong.push(error);
      }
    }
  });
  return async () => {
    reading = false;
    await Promise.all(readers);
    return { reads, wrong };
  };
}

/** Somebody who has the view of the tallies open, and so keeps it from being swapped until he ends. */
export async function readerOf(connectionString: string): Promise<pg.Client> {
  const reader = new pg.Client({ connectionString });
  await reader.connect();
  await reader.query('begin');
  await reader.query('select count(*) from tally');
  return reader;
}

/** A scene of a test file's own, cleared after each test. To be called at the top of the file. */
export async function sceneOfFile(): Promise<Scene> {
  const scene = await startScene();
  afterEach(() => scene.clear());
  afterAll(() => scene.stop());
  return scene;
}

export const caughtUp = async (one: RunningProjections, position: bigint) =>
  expect(await one.waitUntilCaughtUp(position, 30_000)).toBe(true);

export const eventually = (one: RunningProjections, status: object) =>
  vi.waitFor(() => expect(one.status()).toMatchObject([status]), { timeout: 30_000 });

/** For tests of a verification: it, what it leaves behind, and what it is to find. */
export const verifications = (scene: Scene) => ({
  verified: async () => scene.over(await scene.request('verify')),
  nothingIsLeft: () =>
    vi.waitFor(async () => expect(await scene.tables()).toEqual(['tally_1_streams', 'tally_1_tally']), 30_000),
  corrupt: (statement: string) => scene.pool.query(`update projection.${statement}`),
});
