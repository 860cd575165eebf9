import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { outcomes } from '../../src/http/resources.ts';
import { queryApi } from './callers.ts';
import { at, readModelOfFile } from './read-model.ts';

const readModel = await readModelOfFile();
const { get } = queryApi(readModel.db);
beforeEach(() => readModel.clear());

const ids = async (query: string) => {
  const { status, body } = await get(query);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.items.map(({ id }) => id);
};

/** Every page of a list, one after the other. */
async function walk(list: string, limit: number, order?: string): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const { status, body } = await get(
      `${list}?limit=${limit}${order ? `&order=${order}` : ''}${cursor ? `&cursor=${cursor}` : ''}`,
    );
    expect(status).toBe(200);
    pages.push(body.items.map(({ id }) => id));
    cursor = body.nextCursor;
  } while (cursor !== null && pages.length < 100);
  return pages;
}

/** Few instants, of which some differ by a microsecond: ties, and what a JavaScript Date takes for one. */
const instants = ['10:00:00.000000', '10:00:00.000001', '10:00:00.000999', '10:00:00.001', '11:00:00'];
/** Ids that sort, quote and encode in every awkward way. */
const id = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc.constantFrom('a', 'b', "a'b", '%', '_'),
);
const ledgers = fc.uniqueArray(fc.tuple(id, fc.constantFrom(...instants)), { selector: ([id]) => id, maxLength: 30 });
const usable = (id: string) => !id.includes('\0') && id.isWellFormed();

describe.each([
  ['/api/call-sessions', 'sessions'],
  ['/api/appointments', 'appointments'],
] as const)('the pages of %s', (list, kind) => {
  test('hold every item once, newest first and then by id, whatever the ties', async () => {
    await fc.assert(
      fc.asyncProperty(ledgers, fc.integer({ min: 1, max: 8 }), async (ledger, limit) => {
        await readModel.clear();
        const rows = ledger.filter(([id]) => usable(id));
        // As text, because a Date knows no microseconds.
        const made = rows.map(([id, time]) => ({ id, created_at: `2026-03-01T${time}Z` as unknown as Date }));
        if (made.length > 0) await readModel[kind](...made);
        const pages = await walk(list, limit);
        const order = rows.toSorted(([a, s], [b, t]) =>
          s === t ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : s < t ? 1 : -1,
        );
        expect(pages.flat()).toEqual(order.map(([id]) => id));
        expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
        expect(pages.length).toBe(Math.max(1, Math.ceil(rows.length / limit)));
        expect((await walk(list, limit, 'oldest')).flat()).toEqual(pages.flat().toReversed());
      }),
      { numRuns: 25 },
    );
  });

  test('neither repeat nor skip when newer items come in between', async () => {
    await readModel[kind]({ id: 'b' }, { id: 'c', created_at: at('09:00:00') });
    const { body } = await get(`${list}?limit=1`);
    await readModel[kind]({ id: 'a', created_at: at('12:00:00') });
    expect(await ids(`${list}?cursor=${body.nextCursor}`)).toEqual(['c']);
  });

  test('go on in the order in which they began', async () => {
    await readModel[kind]({}, {});
    const cursorOf = async (order: string) => (await get(`${list}?limit=1&order=${order}`)).body.nextCursor;
    for (const [order, other] of [
      ['newest', 'oldest'],
      ['oldest', 'newest'],
    ] as const) {
      const { status, body } = await get(`${list}?order=${other}&cursor=${await cursorOf(order)}`);
      const message = `is a nextCursor of order=${order}; the pages of a list have one order`;
      expect([status, body.errors]).toEqual([400, [{ path: 'cursor', message }]]);
    }
    expect(await ids(`${list}?cursor=${await cursorOf('newest')}`)).toHaveLength(1);
  });

  test('end with nextCursor null, also when the last page is full', async () => {
    await readModel[kind]({}, {});
    expect((await get(`${list}?limit=2`)).body.nextCursor).toBeNull();
    expect((await get(list)).body.nextCursor).toBeNull();
  });

  test('hold 50 items unless told otherwise', async () => {
    await readModel[kind](...Array.from({ length: 51 }, () => ({})));
    expect(await ids(list)).toHaveLength(50);
    expect(await ids(`${list}?limit=200`)).toHaveLength(51);
  });

  test.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['order=latest', 'order'],
    ['cursor=xyz', 'cursor'],
    ['cursor=', 'cursor'],
    [`cursor=${Buffer.from('["2026-03-01T10:00:00.000000Z"]').toString('base64url')}`, 'cursor'],
    [`cursor=${Buffer.from('["0000-03-01T10:00:00.000000Z","a"]').toString('base64url')}`, 'cursor'],
    [`cursor=${Buffer.from(JSON.stringify(['2026-03-01T10:00:00.000000Z', 'a\0'])).toString('base64url')}`, 'cursor'],
    ['status=done', 'status'],
    ['status=', 'status'],
    ['status=confirmed,,', 'status'],
    ['from=yesterday', 'from'],
    ['from=2026-03-01', 'from'],
    ['from=2026-03-01T10:00:00', 'from'],
    ['to=2026-02-30T10:00:00Z', 'to'],
    ['statsu=confirmed', 'statsu'],
    ['at=2026-03-01T10:00:00Z', 'at'],
  ])('do not come for ?%s', async (query, path) => {
    const { status, headers, body } = await get(`${list}?${query}`);
    expect([status, body.code, headers.get('content-type')]).toEqual([
      400,
      'invalid_request',
      'application/problem+json',
    ]);
    expect(body.errors.map((error) => error.path.split('.')[0])).toContain(path);
  });
});

test('every malformed parameter is named at once', async () => {
  const { body } = await get('/api/call-sessions?limit=x&direction=up&phone=123&archived=maybe&foo=1');
  expect(body.errors.map(({ path }) => path).toSorted()).toEqual(['archived', 'direction', 'foo', 'limit', 'phone']);
});

describe('call sessions are found by', () => {
  test('status, one or several', async () => {
    await readModel.sessions(...outcomes.map((status) => ({ id: status, status })));
    for (const status of outcomes) expect(await ids(`/api/call-sessions?status=${status}`)).toEqual([status]);
    expect(await ids('/api/call-sessions?status=busy,answered')).toEqual(['answered', 'busy']);
  });

  test('direction', async () => {
    await readModel.sessions({ id: 'in', direction: 'inbound' }, { id: 'web', direction: 'web' }, { id: 'unknown' });
    expect(await ids('/api/call-sessions?direction=inbound')).toEqual(['in']);
    expect(await ids('/api/call-sessions?direction=web')).toEqual(['web']);
    expect(await ids('/api/call-sessions?direction=outbound')).toEqual([]);
  });

  test('appointment, whatever its id is made of', async () => {
    const awkward = `a/b?c=d&e'"%_ ü`;
    await readModel.sessions({ id: 'its', appointment_id: awkward }, { id: 'none' }, { id: 'x', appointment_id: 'x' });
    expect(await ids(`/api/call-sessions?appointmentId=${encodeURIComponent(awkward)}`)).toEqual(['its']);
  });

  test('contact', async () => {
    await readModel.sessions({ id: 'its', contact_id: 'contact/1' }, { id: 'none' });
    expect(await ids('/api/call-sessions?contactId=contact%2F1')).toEqual(['its']);
  });

  test.each(['%2B4930111', '+4930111', '%204930111'])('phone %s, at either end of the call', async (phone) => {
    await readModel.sessions(
      { id: 'from', from_number: '+4930111' },
      { id: 'to', to_number: '+4930111' },
      { id: 'customer', from_number: '030 111', customer_phone: '+4930111' },
      { id: 'longer', from_number: '+49301111' },
      { id: 'nobody' },
    );
    expect(await ids(`/api/call-sessions?phone=${phone}`)).toEqual(['customer', 'from', 'to']);
  });

  test('time: started, else created; from is inclusive, to exclusive', async () => {
    await readModel.sessions(
      { id: 'ten', started_at: at('10:00:00'), created_at: at('08:00:00') },
      { id: 'eleven', started_at: at('11:00:00'), created_at: at('07:00:00') },
      { id: 'not started', created_at: at('10:30:00') },
    );
    const within = (from: string, to: string) => ids(`/api/call-sessions?from=2026-03-01T${from}&to=2026-03-01T${to}`);
    expect(await within('10:00:00Z', '11:00:00Z')).toEqual(['not started', 'ten']);
    expect(await within('10:00:00.001Z', '11:00:00.001Z')).toEqual(['not started', 'eleven']);
    expect(await within('12:00:00%2B02:00', '12:01:00+02:00'), 'an offset, and one whose plus was not encoded').toEqual(
      ['ten'],
    );
    expect(await ids('/api/call-sessions?from=2026-03-01T10:45:00Z')).toEqual(['eleven']);
    expect(await ids('/api/call-sessions?to=2026-03-01T10:15:00Z')).toEqual(['ten']);
  });

  test('archived: absent without, true only, all both (B12)', async () => {
    await readModel.sessions({ id: 'archived', archived: true }, { id: 'kept' });
    expect(await ids('/api/call-sessions')).toEqual(['kept']);
    expect(await ids('/api/call-sessions?archived=false')).toEqual(['kept']);
    expect(await ids('/api/call-sessions?archived=true')).toEqual(['archived']);
    expect(await ids('/api/call-sessions?archived=all')).toEqual(['archived', 'kept']);
  });

  test('several filters: all of them hold, on every page', async () => {
    const wanted = { status: 'confirmed', direction: 'inbound' };
    await readModel.sessions(
      { id: '1', ...wanted },
      { id: '2', status: 'busy' },
      { id: '3', ...wanted },
      { id: '4', direction: 'inbound' },
    );
    const query = '/api/call-sessions?status=confirmed&direction=inbound&limit=1';
    const { body } = await get(query);
    expect(body.items.map(({ id }) => id)).toEqual(['1']);
    expect(await ids(`${query}&cursor=${body.nextCursor}`)).toEqual(['3']);
  });
});

describe('appointments are found by', () => {
  test('status', async () => {
    await readModel.appointments({ id: 'a', status: 'confirmed' }, { id: 'b', status: 'cancelled' }, { id: 'c' });
    expect(await ids('/api/appointments?status=confirmed')).toEqual(['a']);
    expect(await ids('/api/appointments?status=cancelled,scheduled')).toEqual(['b', 'c']);
  });

  test('need for review', async () => {
    await readModel.appointments({ id: 'odd', needs_review: true }, { id: 'plain' });
    expect(await ids('/api/appointments?needsReview=true')).toEqual(['odd']);
    expect(await ids('/api/appointments?needsReview=false')).toEqual(['plain']);
    expect((await get('/api/appointments?needsReview=1')).status).toBe(400);
  });

  test('time: start, else created', async () => {
    await readModel.appointments(
      { id: 'noon', starts_at: at('12:00:00'), created_at: at('08:00:00') },
      { id: 'unknown', created_at: at('12:30:00') },
      { id: 'one', starts_at: at('13:00:00'), created_at: at('12:15:00') },
    );
    expect(await ids('/api/appointments?from=2026-03-01T12:00:00Z&to=2026-03-01T13:00:00Z')).toEqual([
      'unknown',
      'noon',
    ]);
  });
});
