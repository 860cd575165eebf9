import pg from 'pg';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../src/postgres/connection.ts';
import { type Mutex, tryLock, unlock } from '../../src/postgres/mutex.ts';

let tests = 0;
const newMutex = (): Mutex => ({ kind: 'projection', name: `mutex test ${process.pid}.${tests++}` });

async function connection(pulseMs?: number) {
  const made = await connect(inject('postgresUrl'), 'mutex test', pulseMs === undefined ? {} : { pulseMs });
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

test('one connection holds it, until it unlocks it or ends', async () => {
  const mutex = newMutex();
  const [one, two] = [await connection(), await connection()];
  expect(await tryLock(one.db, mutex)).toBe(true);
  expect(await tryLock(two.db, mutex)).toBe(false);
  await unlock(one.db, mutex);
  expect(await tryLock(two.db, mutex)).toBe(true);
  await two[Symbol.asyncDispose]();
  await vi.waitFor(async () => expect(await tryLock(one.db, mutex)).toBe(true), 30_000);
});

test.each([
  ['that is silent', ''],
  ['that is silent in a transaction', 'begin'],
])('it is taken from a process %s, as a frozen one is', async (_, statement) => {
  const mutex = newMutex();
  const frozen = new pg.Client({ connectionString: inject('postgresUrl') });
  const gone = new Promise<void>((resolve) => frozen.on('error', () => resolve()));
  await frozen.connect();
  if (statement) await frozen.query(statement);
  await frozen.query(`select pg_try_advisory_lock(hashtext('call-ledger projection'), hashtext($1))`, [mutex.name]);
  const other = await connection();
  expect(await tryLock(other.db, mutex, { frozenAfterMs: 60_000 })).toBe(false);
  await vi.waitFor(async () => expect(await tryLock(other.db, mutex, { frozenAfterMs: 300 })).toBe(true), 30_000);
  await gone;
});

test('it is not taken from one that works for long, nor from one that is idle and well', async () => {
  const [busy, idle] = [newMutex(), newMutex()];
  const [one, two, other] = [await connection(), await connection(100), await connection()];
  expect(await tryLock(one.db, busy)).toBe(true);
  expect(await tryLock(two.db, idle)).toBe(true);
  const work = one.db.prepared('select pg_sleep(3)', []);
  for (const until = performance.now() + 2500; performance.now() < until; ) {
    expect(await tryLock(other.db, busy, { frozenAfterMs: 1500 })).toBe(false);
    expect(await tryLock(other.db, idle, { frozenAfterMs: 1500 })).toBe(false);
  }
  await work;
  expect([one.lost.aborted, two.lost.aborted]).toEqual([false, false]);
});
