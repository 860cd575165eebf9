import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Moment } from '../../src/read-api/as-of.ts';
import { queryApi } from './callers.ts';
import { at, createReadModel } from './read-model.ts';

let readModel: Awaited<ReturnType<typeof createReadModel>>;
let api: ReturnType<typeof queryApi>;
/** What was asked of the log, for `at=`. */
const asked: string[] = [];
beforeAll(async () => {
  readModel = await createReadModel();
  const note = async (_: string, id: string, __: Moment) => void asked.push(id);
  const asOf = { callSession: note, appointment: note, ticket: note };
  api = queryApi(readModel.db, undefined, asOf as never);
  await readModel.sessions({ id: 'cs_1', appointment_id: 'apt_1', retell_call_ids: ['call_1'] });
  await readModel.appointments({ id: 'apt_1' });
  const times = { first_seen_at: at('10:00:00'), last_seen_at: at('10:00:00'), created_at: at('10:00:00') };
  await readModel.writer
    .insertInto('customers')
    .values({
      tenant_id: 'acme',
      id: 'cus_1',
      phone: '+4930111',
      raw_phones: ['+4930111'],
      name: null,
      calls: 1,
      ...times,
    })
    .execute();
  await readModel.writer
    .insertInto('tickets')
    .values({
      ...{ tenant_id: 'acme', id: 'tkt_call_1', call_id: 'call_1', session_id: 'cs_1', customer_id: 'cus_1' },
      ...{
        direction: 'inbound',
        status: 'new',
        active: true,
        action_required: true,
        transferred: false,
        erased: false,
      },
      ...{ status_reason: 'action_required', set_by: 'rule', mail: 'none', mail_reason: null },
      ...{ created_at: at('10:00:00'), last_event_at: at('10:00:00') },
    })
    .execute();
});
afterAll(() => readModel.drop());

const statusOf = async (path: string) => (await api.get(path)).status;
const around = (id: string) => [`%20${id}`, `${id}%0A`, `%E2%80%8B${id}%EF%BB%BF`, `%C2%A0${id}%09`];

describe('an id in a path', () => {
  const resources = [
    ['call-sessions', 'cs_1', 'cs_1'],
    ['call-sessions', 'call:call_1', 'cs_1'],
    ['appointments', 'apt_1', 'apt_1'],
    ['tickets', 'tkt_call_1', 'tkt_call_1'],
    ['customers', 'cus_1', 'cus_1'],
  ] as const;

  test.each(resources)('of %s, as %s, is compared without what cannot be seen around it', async (list, id, found) => {
    for (const spelling of [id, ...around(id)]) {
      const { status, body } = await api.get(`/api/${list}/${spelling}`);
      expect([status, body.id], spelling).toEqual([200, found]);
    }
  });

  test('of a call or a ticket is so inside its name too', async () => {
    expect(await statusOf('/api/call-sessions/call:%20call_1')).toBe(200);
    expect(await statusOf('/api/tickets/tkt_%20call_1')).toBe(200);
  });

  test.each([
    ['a null character', 'a%00b'],
    ['a null character alone', '%00'],
    ['one in the id of a call', 'call:%00'],
    ['one in the id of a ticket', 'tkt_%00'],
    ['a control character', 'a%07b'],
    ['half a character', '%ED%A0%80'],
    ['nothing but white space', '%20%E2%80%8B'],
    ['more than an id may have', 'x'.repeat(513)],
    ['more bytes than an id may have', '%C3%A4'.repeat(257)],
    ['ten thousand letters', 'x'.repeat(10_000)],
  ])('with %s is unknown like any other', async (_, id) => {
    for (const list of ['call-sessions', 'appointments', 'tickets', 'customers']) {
      const { status, body } = await api.get(`/api/${list}/${id}`);
      expect([status, body.code], list).toEqual([404, 'not_found']);
    }
    for (const rest of ['history', 'deliveries']) expect(await statusOf(`/api/call-sessions/${id}/${rest}`)).toBe(404);
    expect(api.log).toEqual([]);
  });

  test('is looked for in the log in the same form', async () => {
    for (const path of [
      'call-sessions/%20cs_1',
      'call-sessions/call:%20call_1',
      'appointments/%20apt_1',
      'tickets/tkt_%20call_1',
    ])
      expect(await statusOf(`/api/${path}?at=2026-03-01T10:00:00Z`)).toBe(404);
    expect(asked.splice(0)).toEqual(['cs_1', 'call:call_1', 'apt_1', 'tkt_call_1']);
    for (const list of ['call-sessions', 'appointments', 'tickets'])
      expect(await statusOf(`/api/${list}/a%00b?at=2026-03-01T10:00:00Z`)).toBe(404);
    expect(asked.splice(0), 'nobody has it').toEqual(['', '', '']);
  });
});

describe('an id in a filter', () => {
  const filters = [
    ['call-sessions', 'appointmentId', 'apt_1'],
    ['tickets', 'callId', 'call_1'],
    ['tickets', 'sessionId', 'cs_1'],
    ['tickets', 'customerId', 'cus_1'],
  ] as const;

  test.each(filters)('of %s, %s, is compared without what cannot be seen around it', async (list, name, id) => {
    for (const spelling of [id, ...around(id)]) {
      const { status, body } = await api.get(`/api/${list}?${name}=${spelling}`);
      expect([status, body.items?.length], spelling).toEqual([200, 1]);
    }
  });

  test.each(filters)('of %s, %s, that can be none is named', async (list, name) => {
    for (const id of ['', 'a%00b', '%00', 'a%07b', '%20', 'x'.repeat(600), '%C3%A4'.repeat(257)]) {
      const { status, body } = await api.get(`/api/${list}?${name}=${id}`);
      expect([status, body.code, body.errors?.map(({ path }) => path)], id).toEqual([400, 'invalid_request', [name]]);
    }
    expect(api.log).toEqual([]);
  });
});

test.each([
  ['call-sessions', 'from=0000-01-01T00:00:00Z', 'from'],
  ['call-sessions', 'to=9999-12-31T23:30:00-05:00', 'to'],
  ['call-sessions', 'to=9999-12-31T23:59:60Z', 'to'],
  ['call-sessions', 'from=10000-01-01T00:00:00Z', 'from'],
  ['appointments', 'from=0001-01-01T00:00:00%2B14:00', 'from'],
  ['customers', 'phone=1%00', 'phone'],
  ['customers', 'phone=1%07', 'phone'],
  ['call-sessions', 'phone=%00', 'phone'],
  [
    'call-sessions',
    `cursor=${Buffer.from('["2026-03-01T10:00:00.000000Z","\\ud800"]').toString('base64url')}`,
    'cursor',
  ],
  [
    'call-sessions',
    `cursor=${Buffer.from('["2026-03-01T10:00:00.000000Z","\\u0000"]').toString('base64url')}`,
    'cursor',
  ],
])('%s do not come for ?%s', async (list, query, path) => {
  const { status, body } = await api.get(`/api/${list}?${query}`);
  expect([status, body.errors?.map((error) => error.path.split('.')[0])]).toEqual([400, [path]]);
  expect(api.log).toEqual([]);
});

test.each(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'])('%s can be asked for', async (time) => {
  for (const name of ['from', 'to']) expect(await statusOf(`/api/call-sessions?${name}=${time}`)).toBe(200);
});
