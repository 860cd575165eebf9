import { OpenAPIHono } from '@hono/zod-openapi';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type AppointmentRoutesDeps, appointmentRoutes } from '../../../src/commands/appointments.ts';
import { EventStoreUnavailable } from '../../../src/events/event-log.ts';
import type { Caller, CallerEnv } from '../../../src/http/bearer.ts';
import type { Appointment } from '../../../src/http/resources.ts';
import { eventStore, listeningLogger } from '../tenants/scene.ts';

const callers: Readonly<Record<string, Caller>> = {
  'acme-writes': { tenantId: 'acme', keyId: 'k1', scopes: ['write'] },
  'acme-reads': { tenantId: 'acme', keyId: 'k2', scopes: ['read'] },
  'other-writes': { tenantId: 'other', keyId: 'k3', scopes: ['read', 'write'] },
};

let store: Awaited<ReturnType<typeof eventStore>>;
const app = new OpenAPIHono<CallerEnv>();
const logged = listeningLogger();
/** The read model as composition gives it; a test may give another one. */
let appointmentAfter: AppointmentRoutesDeps['appointmentAfter'];
let unavailable = false;

beforeAll(async () => {
  store = await eventStore();
  const log = {
    ...store.log,
    read: (...args: Parameters<typeof store.log.read>) =>
      unavailable ? Promise.reject(new EventStoreUnavailable('no answer')) : store.log.read(...args),
  };
  app.route(
    '/',
    appointmentRoutes({
      log,
      authenticate: (key) => callers[key],
      appointmentAfter: (...args) => appointmentAfter(...args),
      logger: logged.logger,
    }),
  );
});
const notInTime = async () => undefined;
afterEach(() => {
  appointmentAfter = notInTime;
  unavailable = false;
});
appointmentAfter = notInTime;
afterAll(() => store?.stop());

const put = async (id: string, body: unknown, headers: Record<string, string> = {}) => {
  const response = await app.request(`/api/appointments/${encodeURIComponent(id)}`, {
    method: 'PUT',
    headers: { authorization: 'Bearer acme-writes', 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever it is until the test has looked
    body: (await response.json()) as any,
  };
};
const eventsOf = async (id: string, tenant = 'acme') =>
  (await store.log.read(`appointment-${tenant}.${id}`)).map(({ type, data }) => ({ type, data }));

test('the first PUT registers the appointment, the next one changes it', async () => {
  const first = await put('a-1', { startsAt: '2026-01-31T09:30:00+01:00' });
  expect(first.status).toBe(200);
  expect(first.body).toEqual({
    id: 'a-1',
    tenantId: 'acme',
    status: 'scheduled',
    startsAt: '2026-01-31T08:30:00.000Z',
    needsReview: false,
    notes: [],
    lastEventAt: expect.stringMatching(/Z$/),
  });
  const second = await put('a-1', { status: 'confirmed', note: 'by phone\nwith the doctor' });
  expect(second.body).toMatchObject({
    status: 'confirmed',
    startsAt: '2026-01-31T08:30:00.000Z',
    notes: [{ text: 'by phone\nwith the doctor', at: second.body.lastEventAt }],
  });
  expect(await eventsOf('a-1')).toEqual([
    { type: 'AppointmentRegistered', data: { startsAt: '2026-01-31T08:30:00.000Z', by: 'k1' } },
    { type: 'AppointmentChanged', data: { status: 'confirmed', note: 'by phone\nwith the doctor', by: 'k1' } },
  ]);
});

test('an empty body registers an appointment and changes none', async () => {
  expect((await put('a-2', {})).body).toMatchObject({ id: 'a-2', status: 'scheduled' });
  expect((await put('a-2', {})).status).toBe(200);
  expect(await eventsOf('a-2')).toEqual([{ type: 'AppointmentRegistered', data: { by: 'k1' } }]);
});

test('the answer is the read model once it has the change', async () => {
  const asked: unknown[] = [];
  appointmentAfter = async (...args) => {
    asked.push(args);
    return { id: 'a-3', tenantId: 'acme', status: 'cancelled', decidedByCallId: 'call_1' } as Appointment;
  };
  expect((await put('a-3', {})).body).toEqual({
    id: 'a-3',
    tenantId: 'acme',
    status: 'cancelled',
    decidedByCallId: 'call_1',
  });
  const [event] = await store.log.read('appointment-acme.a-3');
  expect(asked).toEqual([['acme', 'a-3', event!.position, 1000]]);
});

test('a read model that fails costs nothing but the detail', async () => {
  appointmentAfter = () => Promise.reject(new Error('connect ECONNREFUSED'));
  expect((await put('a-4', { status: 'cancelled' })).body).toMatchObject({ id: 'a-4', status: 'cancelled' });
});

test('the same Idempotency-Key with the same body is one change, however it is written and how often it comes', async () => {
  const request = (body: unknown) => put('a-5', body, { 'idempotency-key': 'request 1' });
  const first = await request({ startsAt: '2026-01-31T09:30:00+01:00', note: 'x' });
  await put('a-5', { note: 'y' });
  const again = await request({ note: 'x', startsAt: '2026-01-31T08:30:00Z' });
  expect([first.status, again.status]).toEqual([200, 200]);
  expect(again.body.notes.map((n: { text: string }) => n.text)).toEqual(['x', 'y']);
  expect(await eventsOf('a-5')).toHaveLength(2);
});

test('the same Idempotency-Key with another body is refused', async () => {
  await put('a-6', { note: 'x' }, { 'idempotency-key': 'k' });
  const answer = await put('a-6', { note: 'z' }, { 'idempotency-key': 'k' });
  expect([answer.status, answer.body.code]).toEqual([409, 'idempotency_key_reused']);
  expect(await eventsOf('a-6')).toHaveLength(1);
});

test('the same Idempotency-Key is another one for another appointment and another tenant', async () => {
  const key = { 'idempotency-key': 'shared' };
  await put('a-7', { note: 'x' }, key);
  expect((await put('a-8', { note: 'z' }, key)).status).toBe(200);
  expect((await put('a-7', { note: 'z' }, { ...key, authorization: 'Bearer other-writes' })).status).toBe(200);
  const events = await Promise.all(
    ['appointment-acme.a-7', 'appointment-acme.a-8', 'appointment-other.a-7'].map((stream) => store.log.read(stream)),
  );
  expect(new Set(events.flat().map((e) => e.id)).size).toBe(3);
});

test('one request that comes many times at once is one change, and different ones are all recorded', async () => {
  await put('a-9', {});
  const same = Array.from({ length: 5 }, () => put('a-9', { note: 'once' }, { 'idempotency-key': 'at once' }));
  const different = Array.from({ length: 5 }, (_, i) => put('a-9', { note: `n${i}` }, { 'idempotency-key': `d${i}` }));
  const answers = await Promise.all([...same, ...different]);
  expect(answers.map((a) => a.status)).toEqual(Array(10).fill(200));
  const notes = (await eventsOf('a-9')).map((e) => (e.data as { note?: string }).note);
  expect(notes.sort()).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'once', undefined]);
});

test('each tenant has its own appointment of an id', async () => {
  await put('shared', { note: 'of acme' });
  const other = await put('shared', {}, { authorization: 'Bearer other-writes' });
  expect(other.body).toMatchObject({ tenantId: 'other', notes: [] });
  expect(await eventsOf('shared', 'other')).toHaveLength(1);
});

test.each([
  ['startsAt', 'r', { startsAt: '9999-12-31T23:30:00-05:00' }, 'must lie in the years 1 to 9999 in UTC'],
  ['id', '{{id}}', {}, expect.stringContaining('stands for nothing')],
])('what is wrong with %s is said', async (path, id, body, message) => {
  expect((await put(id, body)).body.errors).toEqual([{ path, message }]);
});

test('an id is the same with white space and invisible characters around it', async () => {
  await put('a-10', { note: 'x' });
  expect((await put('\u200b a-10\n', { note: 'y' })).body).toMatchObject({ id: 'a-10' });
  expect(await eventsOf('a-10')).toHaveLength(2);
});

test('the first and the last moment that can be recorded are', async () => {
  for (const startsAt of ['0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])
    expect((await put('a-11', { startsAt })).body.startsAt).toBe(startsAt);
});

test('an id may hold a slash, a dot and any script', async () => {
  const id = 'praxis/2026.01 ä✓';
  expect((await put(id, {})).body.id).toBe(id);
  expect(await eventsOf(id)).toHaveLength(1);
});

test.each([
  ['a number for a status', 'r', { status: 1 }, {}],
  ['an unknown status', 'r', { status: 'done' }, {}],
  ['a time without an offset', 'r', { startsAt: '2026-01-31T09:30:00' }, {}],
  ['a date', 'r', { startsAt: '2026-01-31' }, {}],
  ['a day that does not exist', 'r', { startsAt: '2026-02-30T09:30:00Z' }, {}],
  ['a time that is another year in UTC', 'r', { startsAt: '9999-12-31T23:30:00-05:00' }, {}],
  ['a time before the first year', 'r', { startsAt: '0000-01-01T00:00:00Z' }, {}],
  ['a time that is before it in UTC', 'r', { startsAt: '0001-01-01T00:00:00+14:00' }, {}],
  ['an unknown field', 'r', { starts: '2026-01-31T09:30:00Z' }, {}],
  ['a NUL in a note', 'r', { note: 'a\u0000b' }, {}],
  ['half a character in a note', 'r', '{"note":"\\ud800"}', {}],
  ['an empty note', 'r', { note: '' }, {}],
  ['broken JSON', 'r', '{"note":', {}],
  ['a list', 'r', [], {}],
  ['an id that is too long', 'ä'.repeat(257), {}, {}],
  ['an id with a control character', 'a\u0007', {}, {}],
  ['an id of nothing but white space', ' \u200b', {}, {}],
  ['a word that stands for nothing', 'undefined', {}, {}],
  ['that word, in white space and capitals', ' NULL ', {}, {}],
  ['a template that nobody has filled', '{{appointment_id}}', {}, {}],
  ['such a template among other text', 'apt_{{id}}', {}, {}],
  ['zero', '0', {}, {}],
  ['the UUID of nothing but zeros', '00000000-0000-0000-0000-000000000000', {}, {}],
  ['an Idempotency-Key that is too long', 'r', {}, { 'idempotency-key': 'x'.repeat(256) }],
])('%s is refused with its place', async (_, id, body, headers) => {
  const answer = await put(id, body, headers as Record<string, string>);
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ path: expect.any(String) }] });
  expect(await eventsOf('r')).toEqual([]);
});

test('only a key with write scope may change anything', async () => {
  expect((await put('w', {}, { authorization: 'Bearer acme-reads' })).body.code).toBe('missing_scope');
  expect((await put('w', {}, { authorization: 'Bearer nobody' })).status).toBe(401);
  expect((await put('w', {}, { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await put('w', { note: 'x'.repeat(70_000) })).status).toBe(413);
  expect(await eventsOf('w')).toEqual([]);
});

test('an event store that does not answer is 503 with Retry-After', async () => {
  unavailable = true;
  const answer = await put('u', {});
  expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([
    503,
    'event_store_unavailable',
    '1',
  ]);
});

test('the log has ids, and nothing that was said', async () => {
  await put('quiet', { note: 'Mrs Schmidt called', startsAt: '2031-01-31T09:30:00Z' });
  expect(logged.text()).toContain('"appointmentId":"quiet"');
  expect(logged.text()).not.toMatch(/Schmidt|2031-01-31/);
});
