// A period that lies far back is not reached by a walk through all that is newer, however late its items became known.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { queryApi } from './callers.ts';
import { createExplained, expectFewReads, PAGE, stepsOf } from './explained.ts';
import { fillReadModel } from './many-rows.ts';
import { createReadModel } from './read-model.ts';

let readModel: Awaited<ReturnType<typeof createReadModel>>;
let explained: ReturnType<typeof createExplained>;
beforeAll(async () => {
  readModel = await createReadModel(fillReadModel);
  for (const view of ['call_sessions', 'appointments']) {
    const table = sql.ref(view);
    // Two gaps, and some that a backfill has found.
    await sql`delete from ${table} where created_at >= '2026-02-06' and created_at < '2026-02-11'`.execute(
      readModel.writer,
    );
    await sql`update ${table} set created_at = '2026-03-02' where id like '%77'`.execute(readModel.writer);
  }
  // As autovacuum would within a minute.
  await sql`vacuum analyze projection.calls_1_call_sessions, projection.calls_1_appointments`.execute(readModel.writer);
  explained = createExplained(readModel.url);
}, 120_000);
afterAll(async () => {
  await explained?.db.destroy();
  await readModel.drop();
});

const far = 'from=2026-02-02T00:00:00Z&to=2026-02-05T00:00:00Z';
const gap = 'from=2026-02-06T01:00:00Z&to=2026-02-10T23:00:00Z';
const farStart = 'from=2026-02-09T00:00:00Z&to=2026-02-12T00:00:00Z';
const gapInStarts = 'from=2026-02-13T01:00:00Z&to=2026-02-17T23:00:00Z';

test.each([
  [`/api/call-sessions?${far}`, PAGE],
  [`/api/call-sessions?${far}&archived=all`, PAGE],
  [`/api/call-sessions?${far}&direction=inbound`, PAGE],
  [`/api/call-sessions?${far}&status=failed&direction=outbound`, PAGE],
  [`/api/call-sessions?${far.slice(far.indexOf('to='))}`, PAGE],
  [`/api/call-sessions?${gap}`, 0],
  [`/api/call-sessions?${gap}&direction=inbound`, 0],
  [`/api/call-sessions?${gap}&status=failed&direction=outbound`, 0],
  [`/api/appointments?${farStart}`, PAGE],
  [`/api/appointments?${farStart}&status=confirmed`, PAGE],
])('%s', async (path, items) => {
  const { get } = queryApi(explained.db);
  const plans = await explained.plansOf(async () => expect((await get(path)).body.items.length).toBe(items));
  expectFewReads(plans, 3 * PAGE);
});

test.each([`/api/appointments?${gapInStarts}`, `/api/appointments?${gapInStarts}&status=confirmed`])(
  '%s, which is looked for among those made up to a hundred days before',
  async (path) => {
    const { get } = queryApi(explained.db);
    expectFewReads(await explained.plansOf(async () => expect((await get(path)).body.items.length).toBe(0)));
  },
);

test('what became known unusually soon is only looked for where the page is not full', async () => {
  const { get } = queryApi(explained.db);
  const [plan] = await explained.plansOf(() => get(`/api/call-sessions?${far}`));
  const scans = stepsOf(plan!).filter((step) => step['Index Name'] !== undefined);
  expect(scans.map((step) => step['Actual Loops'])).toEqual([1, 1, 0]);
});
