import pg from 'pg';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../src/postgres/connection.ts';
import { safeErrorMessage } from '../../src/postgres/errors.ts';
import { tryLock } from '../../src/postgres/mutex.ts';
import { createPool, createReadPool } from '../../src/postgres/pool.ts';
import { SharedSession } from '../../src/postgres/session.ts';
import { poolerFor } from '../support/pooler.ts';

// Behind a pooler that lends a connection for each transaction, two processes would share locks and prepared statements.

async function pooler(...how: Parameters<typeof poolerFor> extends [string, ...infer How] ? How : never) {
  const made = await poolerFor(inject('postgresUrl'), ...how);
  onTestFinished(made.stop);
  return made;
}

async function open(url: string, pulseMs?: number) {
  const made = await connect(url, 'session test', pulseMs === undefined ? {} : { pulseMs });
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

/** Others that use the pooler all the time. */
async function crowd(url: string, size: number) {
  let over = false;
  const clients = Array.from({ length: size }, () => new pg.Client({ connectionString: url }));
  const busy = clients.map(async (client) => {
    client.on('error', () => {});
    await client.connect();
    while (!over) await client.query('select 1');
    await client.end();
  });
  onTestFinished(async () => {
    over = true;
    await Promise.allSettled(busy);
  });
  await Promise.all(clients.map((client) => new Promise((resolve) => client.once('connect', resolve))));
}

test.each([
  ['last used', 0],
  ['last used', 3],
  ['in turn', 0],
  ['in turn', 2],
] as const)(
  'a pooler that lends the connection %s for each transaction is refused, with %i others at work',
  async (order, others) => {
    const { url } = await pooler('transaction', order);
    await crowd(url, others);
    const refused = await open(url).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SharedSession);
    expect(safeErrorMessage(refused)).toContain('Set pool_mode = session');
    const pool = createPool(url, { name: 'session test', max: 1, statementMs: 5000 });
    onTestFinished(() => pool.end());
    await expect(pool.query('select 1')).rejects.toThrow(SharedSession);
  },
);

test('a pooler that gives each client a session does: locks, settings, prepared statements', async () => {
  const { url } = await pooler('session');
  const [one, two] = [await open(url), await open(url)];
  const mutex = { kind: 'projection', name: `session test ${process.pid}` } as const;
  expect([await tryLock(one.db, mutex), await tryLock(two.db, mutex)]).toEqual([true, false]);
  for (const { db } of [one, two])
    expect(await db.prepared('select $1::text as said', ['it'])).toEqual([{ said: 'it' }]);
});

test.each(['directly', 'through a pooler'])(
  'what a connection is to be like is said after the login: %s',
  async (way) => {
    const url = way === 'directly' ? inject('postgresUrl') : (await pooler('session')).url;
    const pool = createReadPool(url, { timeoutMs: 4321 });
    onTestFinished(() => pool.end());
    const { rows } = await pool.query(
      `select current_setting('statement_timeout') as statement, current_setting('transaction_read_only') as "readOnly"`,
    );
    expect(rows).toEqual([{ statement: '4321ms', readOnly: 'on' }]);
  },
);

test('one that is served by another process is lost, and says why', async () => {
  const { url, lend } = await pooler('session');
  const [one, two] = [await open(url, 20), await open(url, 20)];
  lend();
  await vi.waitFor(() => expect([one, two].map(({ lost }) => lost.aborted)).toContain(true), 20_000);
  expect([one, two].find(({ lost }) => lost.aborted)?.lost.reason).toBeInstanceOf(SharedSession);
});
