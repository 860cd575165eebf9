import { type RawBuilder, sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { queryApi } from './callers.ts';
import { at, readModelOfFile } from './read-model.ts';

const readModel = await readModelOfFile();
const { get } = queryApi(readModel.db);
beforeEach(async () => {
  await readModel.clear();
  await readModel.writer.deleteFrom('customers').execute();
});

const MIB = 1024 * 1024;
/** Postgres stores so much of it as it is, and next to nothing of the other. */
const asItIs = (bytes: number) =>
  sql<string>`(select string_agg(md5(i::text || random()), '') from generate_series(1, ${sql.lit(Math.ceil(bytes / 32))}) i)`;
const compressed = (bytes: number) => sql<string>`repeat('x', ${sql.lit(bytes)})`;
const texts = [
  ['that is stored as it is', asItIs],
  ['that is compressed', compressed],
] as const;

/** Sessions that are alike. */
async function sessions(count: number, fields: Record<string, RawBuilder<unknown> | Date>): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, i) => `s${String(i).padStart(3, '0')}`);
  await readModel.sessions(...ids.map((id) => ({ id, retell_call_ids: [`call of ${id}`] })));
  await readModel.writer
    .updateTable('call_sessions')
    .set(fields as never)
    .execute();
  return ids;
}

/** Every page, one after the other. */
async function pagesOf(path: string) {
  const pages: { ids: string[]; bytes: number }[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { status, body, text } = await get(`${path}&limit=200${cursor && `&cursor=${cursor}`}`);
    expect(status).toBe(200);
    pages.push({ ids: body.items.map(({ id }) => id), bytes: text.length });
    cursor = body.nextCursor;
  }
  return pages;
}

test('a list does not carry transcripts, however large they are', async () => {
  const ids = await sessions(200, { transcript: compressed(2 * MIB) });
  const [page, ...others] = await pagesOf('/api/call-sessions?archived=all');
  expect([page!.ids, others]).toEqual([ids, []]);
  expect(page!.bytes).toBeLessThan(MIB);
  const whole = await get('/api/call-sessions/s007');
  expect((whole.body.transcript as string).length).toBe(2 * MIB);
});

test.each([
  'fields=',
  'fields=analysis',
  'fields=transcript,',
  'fields=Transcript',
  'fields=transcript&fields=transcript',
])('there is no ?%s', async (query) => {
  const { status, body } = await get(`/api/call-sessions?${query}`);
  expect([status, body.errors?.map(({ path }) => path.split('.')[0])]).toEqual([400, ['fields']]);
});

describe('a page ends early where its items are large, holds one at least, and misses none:', () => {
  test.each(texts)('transcripts %s', async (_, text) => {
    const ids = await sessions(20, { transcript: text(3 * MIB) });
    const pages = await pagesOf('/api/call-sessions?fields=transcript');
    expect(pages.flatMap((page) => page.ids)).toEqual(ids);
    // Two are less than 8 MiB, the third goes beyond it.
    expect(pages.map((page) => page.ids.length)).toEqual([3, 3, 3, 3, 3, 3, 2]);
  });

  test.each(texts)('transcripts %s, of a period that became known late, in time and soon', async (_, text) => {
    const ids = await sessions(10, { transcript: text(3 * MIB), started_at: at('10:00:00') });
    const known = sql`timestamptz '2026-03-03 10:00Z' - (substr(id, 2)::int / 4) * interval '48 hours'`;
    await sql`update call_sessions set created_at = ${known}`.execute(readModel.writer);
    const period = 'from=2026-03-01T10:00:00Z&to=2026-03-01T11:00:00Z';
    const pages = await pagesOf(`/api/call-sessions?fields=transcript&${period}`);
    expect(pages.map((page) => page.ids)).toEqual([ids.slice(0, 3), ids.slice(3, 6), ids.slice(6, 9), ids.slice(9)]);
  });

  test.each(texts)('an analysis %s', async (_, text) => {
    const ids = await sessions(12, {
      analysis_json: sql`jsonb_build_object('custom', jsonb_build_object('n', ${text(3 * MIB)}))`,
    });
    const pages = await pagesOf('/api/call-sessions?archived=all');
    expect(pages.flatMap((page) => page.ids)).toEqual(ids);
    for (const { ids, bytes } of pages) {
      expect(ids.length).toBeGreaterThan(0);
      expect(bytes).toBeLessThan(12 * MIB);
    }
  });

  test('a session of very many calls', async () => {
    const calls = sql`(select array_agg('call_' || md5(i::text)) from generate_series(1, 30000) i)`;
    const ids = await sessions(30, { retell_call_ids: calls });
    const pages = await pagesOf('/api/call-sessions?archived=all');
    expect(pages.flatMap((page) => page.ids)).toEqual(ids);
    for (const { bytes } of pages) expect(bytes).toBeLessThan(12 * MIB);
  });

  test('what was said of appointments', async () => {
    const ids = Array.from({ length: 12 }, (_, i) => `a${String(i).padStart(2, '0')}`);
    await readModel.appointments(...ids.map((id) => ({ id })));
    const columns = { cancellation_reason: compressed(MIB), reschedule_text: asItIs(MIB) };
    await readModel.writer.updateTable('appointments').set(columns).execute();
    await sql`update appointments set notes_json = jsonb_build_array(jsonb_build_object('text', ${asItIs(MIB)}, 'at', '2026-03-01T10:00:00.000Z'))`.execute(
      readModel.writer,
    );
    const pages = await pagesOf('/api/appointments?status=scheduled');
    expect(pages.map((page) => page.ids.length)).toEqual([3, 3, 3, 3]);
    expect(pages.flatMap((page) => page.ids)).toEqual(ids);
  });

  test('the spellings of numbers', async () => {
    const ids = Array.from({ length: 6 }, (_, i) => `cus_${i}`);
    const times = { first_seen_at: at('10:00:00'), last_seen_at: at('10:00:00'), created_at: at('10:00:00') };
    const customers = ids.map((id) => ({
      tenant_id: 'acme',
      id,
      phone: '+49301',
      name: null,
      calls: 1,
      raw_phones: [],
      ...times,
    }));
    await readModel.writer.insertInto('customers').values(customers).execute();
    await sql`update customers set name = ${compressed(5 * MIB)}`.execute(readModel.writer);
    const pages = await pagesOf('/api/customers?phone=%2B49301');
    expect(pages.map((page) => page.ids.length)).toEqual([2, 2, 2]);
    expect(pages.flatMap((page) => page.ids)).toEqual(ids);
  });

  test('one item that is larger than a page may be', async () => {
    await sessions(2, { transcript: asItIs(10 * MIB) });
    expect((await pagesOf('/api/call-sessions?fields=transcript')).map(({ ids }) => ids)).toEqual([['s000'], ['s001']]);
  });
});

test('a page of usual items is as long as it was asked to be', async () => {
  const analysis = sql`jsonb_build_object('summary', ${asItIs(3000)}, 'custom', jsonb_build_object('said', ${compressed(20_000)}))`;
  const ids = await sessions(201, { analysis_json: analysis, transcript: compressed(5000) });
  const pages = await pagesOf('/api/call-sessions?fields=transcript');
  expect(pages.map((page) => page.ids)).toEqual([ids.slice(0, 200), ids.slice(200)]);
});
