import { type CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appointmentStatuses as statusesOfTheLanguage } from '../../src/events/appointment-facts.ts';
import { outcomes as ranking } from '../../src/projections/calls/outcome.ts';
import type { ReadModel } from '../../src/projections/tables.ts';
import { appointmentStatuses } from '../../src/read-api/appointments/appointment.ts';
import { outcomes } from '../../src/read-api/call-sessions/call-session.ts';
import { createReadPool } from '../../src/read-api/read-pool.ts';
import { queryApi } from './callers.ts';
import { at, createReadModel, session } from './read-model.ts';

let readModel: Awaited<ReturnType<typeof createReadModel>>;
beforeAll(async () => {
  readModel = await createReadModel();
});
afterAll(() => readModel.drop());

test('the API names every status that there is, and no other', () => {
  expect(outcomes.toSorted()).toEqual([...ranking].toSorted());
  expect(appointmentStatuses).toEqual(statusesOfTheLanguage);
});

describe('among many calls, an index finds', () => {
  beforeAll(async () => {
    const rows = Array.from({ length: 4000 }, (_, i) =>
      session({
        id: `session-${i}`,
        status: i % 100 === 0 ? 'confirmed' : 'failed',
        appointment_id: `appointment-${i}`,
        retell_call_ids: [`call-${i}`],
        from_number: `+49301${i}`,
        to_number: `+49302${i}`,
        customer_phone: `+49302${i}`,
        created_at: new Date(at('10:00:00').getTime() + i * 1000),
      }),
    );
    for (let i = 0; i < rows.length; i += 1000) await readModel.sessions(...rows.slice(i, i + 1000));
    await sql`analyze`.execute(readModel.writer);
  });

  /** How Postgres would run the queries of a request. */
  async function plansOf(path: string): Promise<string[]> {
    const pool = createReadPool(readModel.url);
    const queries: CompiledQuery[] = [];
    const dialect = new PostgresDialect({ pool });
    const db = new Kysely<ReadModel>({ dialect, log: ({ query }) => void queries.push(query) });
    try {
      expect((await queryApi(db).get(path)).status).toBe(200);
      const explained = queries.map(({ sql, parameters }) => pool.query(`explain ${sql}`, [...parameters]));
      return (await Promise.all(explained)).map(({ rows }) => rows.map((row) => row['QUERY PLAN']).join('\n'));
    } finally {
      await db.destroy();
    }
  }

  const cursor = Buffer.from('["2026-03-01T10:30:00.000000Z","session-1800"]').toString('base64url');
  test.each([
    ['the newest', '?limit=20'],
    ['a later page', `?limit=20&cursor=${cursor}`],
    ['those of an appointment', '?appointmentId=appointment-77'],
    ['those of a number', '?phone=%2B4930177'],
    ['those of a status', '?status=confirmed&limit=20'],
    ['those of a time', '?from=2026-03-01T10:10:00Z&to=2026-03-01T10:10:30Z'],
    ['one', '/session-77'],
    ['the one of a call', '/call:call-77'],
    ['what was delivered', '/session-77/deliveries'],
  ])('%s', async (_, path) => {
    const plans = await plansOf(`/api/call-sessions${path}`);
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) expect(plan).not.toMatch(/Seq Scan on .*call_session/);
  });

  test('a page without reading what comes before it', async () => {
    const [first] = await plansOf('/api/call-sessions?limit=20');
    expect(first, 'sorted already, but for ties').not.toMatch(/(?<!Incremental )Sort {2}\(/);
    const [later] = await plansOf(`/api/call-sessions?limit=20&cursor=${cursor}`);
    expect(later).toMatch(/Index Cond: .*created_at <=/);
  });
});
