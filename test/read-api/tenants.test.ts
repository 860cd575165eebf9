import { beforeEach, describe, expect, test } from 'vitest';
import { queryApi } from './callers.ts';
import { readModelOfFile } from './read-model.ts';

const readModel = await readModelOfFile();
const api = queryApi(readModel.db, async ({ tenantId }) => ({ items: [{ tenantId } as never], hasMore: false }));
beforeEach(async () => {
  await readModel.clear();
  await readModel.sessions(
    {
      tenant_id: 'other',
      id: 'theirs',
      retell_call_ids: ['their_call'],
      appointment_id: 'shared',
      from_number: '+4930111',
    },
    { tenant_id: 'other', id: 'same', retell_call_ids: ['call_1'], agent_name: 'theirs' },
    { tenant_id: 'acme', id: 'same', retell_call_ids: ['call_1'], agent_name: 'ours' },
  );
  await readModel.appointments({ tenant_id: 'other', id: 'theirs' }, { tenant_id: 'other', id: 'shared' });
  await readModel.deliveries(
    { tenant_id: 'other', call_id: 'call_1', id: 'their fact' },
    { tenant_id: 'acme', call_id: 'call_1', id: 'our fact' },
  );
});

/** Every route of the query API, with the ids of the other tenant where it takes one. */
const routes = () =>
  [...new Set(api.app.routes.filter(({ method }) => method === 'GET').map(({ path }) => path))].map((path) =>
    path.replace(':id', 'theirs'),
  );

test('there are routes to look at', () => {
  expect(routes().toSorted()).toEqual([
    '/api/appointments',
    '/api/appointments/theirs',
    '/api/appointments/theirs/history',
    '/api/call-sessions',
    '/api/call-sessions/theirs',
    '/api/call-sessions/theirs/deliveries',
    '/api/call-sessions/theirs/history',
    '/api/customers',
    '/api/customers/theirs',
    '/api/summary',
    '/api/summary/hours',
    '/api/tickets',
    '/api/tickets/theirs',
    '/api/tickets/theirs/history',
  ]);
});

describe('a key without the right', () => {
  test.each([
    ['no key', null, 401, 'unauthorized'],
    ['an unknown key', 'nobody', 401, 'unauthorized'],
    ['a key without a scope', 'acme-idles', 403, 'missing_scope'],
  ])('%s is refused everywhere, before anything else is looked at', async (_, key, status, code) => {
    for (const route of routes()) {
      for (const query of ['', '?limit=nonsense']) {
        const answer = await api.get(`${route}${query}`, key);
        expect([route, answer.status, answer.body.code]).toEqual([route, status, code]);
      }
    }
  });

  test('a write key may read', async () => {
    expect((await api.get('/api/call-sessions', 'acme-writes')).status).toBe(200);
  });
});

describe('another tenant', () => {
  test('is invisible on every route', async () => {
    for (const route of routes()) {
      const { status, text } = await api.get(
        `${route}${route.endsWith('s') && !route.includes('theirs') ? '?limit=200' : ''}`,
      );
      expect(text).not.toMatch(/theirs|their fact|"other"/);
      if (route.includes('theirs')) expect([route, status]).toEqual([route, 404]);
    }
  });

  test('answers for an id exactly as nobody does', async () => {
    const [foreign, unknown] = [await api.get('/api/call-sessions/theirs'), await api.get('/api/call-sessions/nobody')];
    expect(foreign.text).toBe(unknown.text);
    expect([...foreign.headers]).toEqual([...unknown.headers]);
    expect((await api.get('/api/call-sessions/call:their_call')).text).toBe(unknown.text);
  });

  test('is found by no filter', async () => {
    for (const filter of ['appointmentId=shared', 'phone=%2B4930111', 'archived=all', 'status=pending'])
      expect((await api.get(`/api/call-sessions?${filter}`)).text).not.toContain('theirs');
  });

  test('may use the same ids for its own', async () => {
    for (const id of ['same', 'call:call_1']) {
      expect((await api.get(`/api/call-sessions/${id}`)).body.agentName).toBe('ours');
      expect((await api.get(`/api/call-sessions/${id}`, 'other-reads')).body.agentName).toBe('theirs');
    }
    expect((await api.get('/api/call-sessions/same/deliveries')).body.items.map(({ id }) => id)).toEqual(['our fact']);
    expect((await api.get('/api/call-sessions/same/history')).body.items).toEqual([{ tenantId: 'acme' }]);
  });

  test('gives no right with its cursor', async () => {
    const { body } = await api.get('/api/call-sessions?limit=1', 'other-reads');
    expect(body.nextCursor).not.toBeNull();
    const mine = await api.get(`/api/call-sessions?cursor=${body.nextCursor}`);
    expect(mine.status).toBe(200);
    expect(mine.text).not.toContain('theirs');
  });
});

test.each([
  [0, '0'],
  [12.345, '12.3'],
  [null, 'unknown'],
])('each answer says how far it is behind the log: %s seconds', async (seconds, header) => {
  const { get } = queryApi(readModel.db, undefined, undefined, () => seconds);
  const lagOf = async (...asked: Parameters<typeof get>) => {
    const { status, headers } = await get(...asked);
    return [status, headers.get('x-read-model-lag')];
  };
  for (const path of routes()) expect((await lagOf(path))[1]).toBe(header);
  expect(await lagOf('/api/call-sessions/nobody')).toEqual([404, header]);
  expect(await lagOf('/api/tickets', 'acme-reads', { 'if-none-match': '*' })).toEqual([304, header]);
});
