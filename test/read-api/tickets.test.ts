import { beforeEach, describe, expect, test } from 'vitest';
import { ticketStatuses } from '../../src/events/ticket-facts.ts';
import type { TicketRow } from '../../src/projections/tables.ts';
import { queryApi } from './callers.ts';
import { at, readModelOfFile } from './read-model.ts';

const readModel = await readModelOfFile();
const { get } = queryApi(readModel.db);
beforeEach(async () => void (await readModel.writer.deleteFrom('tickets').execute()));

let made = 0;
/** A closed outbound ticket of tenant `acme`. */
const ticket = (row: Partial<TicketRow> = {}): TicketRow => ({
  tenant_id: 'acme',
  erased: false,
  id: `tkt_call-${++made}`,
  call_id: `call-${made}`,
  session_id: `session-${made}`,
  direction: 'outbound',
  status: 'closed',
  active: false,
  action_required: null,
  transferred: false,
  customer_id: null,
  status_reason: 'unknown',
  set_by: 'rule',
  mail: 'none',
  mail_reason: null,
  created_at: at('10:00:00'),
  last_event_at: at('10:00:00'),
  ...row,
});
const tickets = (...rows: Partial<TicketRow>[]) =>
  readModel.writer.insertInto('tickets').values(rows.map(ticket)).execute();

const ids = async (query = '', key?: string) => {
  const { status, body } = await get(`/api/tickets${query}`, key);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.items.map(({ id }) => id);
};

const opened: Partial<TicketRow> = {
  id: 'tkt_call_1',
  call_id: 'call_1',
  session_id: 'session-1',
  direction: 'inbound',
  status: 'new',
  active: true,
  action_required: true,
  transferred: true,
  customer_id: 'cus_1',
  status_reason: 'transferred',
  mail: 'not_sent',
  mail_reason: 'no_smtp',
  last_event_at: at('10:02:00.5'),
};

describe('a ticket', () => {
  test('shows all that is known', async () => {
    await tickets(opened);
    expect((await get('/api/tickets/tkt_call_1')).body).toEqual({
      id: 'tkt_call_1',
      tenantId: 'acme',
      callId: 'call_1',
      sessionId: 'session-1',
      direction: 'inbound',
      status: 'new',
      active: true,
      actionRequired: true,
      transferred: true,
      customerId: 'cus_1',
      statusReason: 'transferred',
      setBy: 'rule',
      mail: 'not_sent',
      mailReason: 'no_smtp',
      createdAt: '2026-03-01T10:00:00.000Z',
      lastEventAt: '2026-03-01T10:02:00.500Z',
    });
  });

  test('leaves out what is not known, but says null for a need that nobody stated', async () => {
    await tickets({ id: 'tkt_a' }, { id: 'tkt_b', action_required: false });
    const { body } = await get('/api/tickets/tkt_a');
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['customerId']));
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['mailReason']));
    expect(body.actionRequired).toBeNull();
    expect((await get('/api/tickets/tkt_b')).body.actionRequired).toBe(false);
  });

  test('is the same in the list, and unchanged where its ETag says so', async () => {
    await tickets(opened);
    const one = await get('/api/tickets/tkt_call_1');
    expect((await get('/api/tickets')).body.items).toEqual([one.body]);
    const again = await get('/api/tickets/tkt_call_1', undefined, { 'if-none-match': one.headers.get('etag')! });
    expect(again.status).toBe(304);
  });

  test.each(['tkt_a/b', '%2F', 'ü — 📞', `'; drop table tickets; --`])('may be called %s', async (id) => {
    await tickets({ id }, { id: 'decoy' });
    expect((await get(`/api/tickets/${encodeURIComponent(id)}`)).body.id).toBe(id);
  });

  test.each(['nobody', '%00', 'tkt_%00', '%E4', 'x'.repeat(5000)])('called %s is not found', async (id) => {
    const { status, body } = await get(`/api/tickets/${id}`);
    expect([status, body.code]).toEqual([404, 'not_found']);
  });
});

describe('tickets are found by', () => {
  test('status, one or several', async () => {
    await tickets(...ticketStatuses.map((status) => ({ id: status, status })));
    for (const status of ticketStatuses) expect(await ids(`?status=${status}`)).toEqual([status]);
    expect(await ids('?status=new,contacted')).toEqual(['contacted', 'new']);
  });

  test('what is left to be done', async () => {
    await tickets({ id: 'open', active: true }, { id: 'done' });
    expect(await ids('?active=true')).toEqual(['open']);
    expect(await ids('?active=false')).toEqual(['done']);
    expect(await ids()).toEqual(['done', 'open']);
  });

  test('what the analysis says, null too, and the state of the mail', async () => {
    await tickets(
      { id: 'due', action_required: true, mail: 'failed' },
      { id: 'not', action_required: false },
      { id: 'odd' },
    );
    expect(await ids('?actionRequired=true')).toEqual(['due']);
    expect(await ids('?actionRequired=false')).toEqual(['not']);
    expect(await ids('?actionRequired=null&order=oldest')).toEqual(['odd']);
    expect(await ids('?mail=failed,not_sent')).toEqual(['due']);
    expect(await ids('?mail=none&order=oldest')).toEqual(['odd', 'not']);
  });

  test.each([
    ['callId', 'call_id'],
    ['sessionId', 'session_id'],
    ['customerId', 'customer_id'],
  ])('%s, whatever it is made of', async (parameter, column) => {
    const awkward = `a/b?c=d&e'"%_ ü`;
    const its = `tkt_${awkward}`;
    await tickets({ id: its, [column]: awkward }, { id: 'tkt_a/b', [column]: 'a/b' }, { id: 'tkt_none' });
    expect(await ids(`?${parameter}=${encodeURIComponent(awkward)}`)).toEqual([its]);
  });

  test('direction', async () => {
    await tickets({ id: 'in', direction: 'inbound' }, { id: 'out' });
    expect(await ids('?direction=inbound')).toEqual(['in']);
    expect(await ids('?direction=outbound')).toEqual(['out']);
  });

  test('time of creation; from is inclusive, to exclusive', async () => {
    await tickets({ id: 'ten' }, { id: 'eleven', created_at: at('11:00:00') });
    expect(await ids('?from=2026-03-01T10:00:00Z&to=2026-03-01T11:00:00Z')).toEqual(['ten']);
    expect(await ids('?from=2026-03-01T10:00:00.001Z')).toEqual(['eleven']);
    expect(await ids('?from=2026-03-01T12:00:00+01:00&to=2026-03-01T12:00:01%2B01:00')).toEqual(['eleven']);
  });

  test('several filters: all of them hold, on every page, newest first', async () => {
    const wanted = { active: true, direction: 'inbound' };
    await tickets(
      { id: 'old', ...wanted, created_at: at('09:00:00') },
      { id: 'closed' },
      { id: 'new', ...wanted },
      { id: 'out', active: true },
    );
    const { body } = await get('/api/tickets?active=true&direction=inbound&limit=1');
    expect(body.items.map(({ id }) => id)).toEqual(['new']);
    expect(await ids(`?active=true&direction=inbound&limit=1&cursor=${body.nextCursor}`)).toEqual(['old']);
  });

  test('their own tenant alone', async () => {
    await tickets({ ...opened, tenant_id: 'other' }, { id: 'mine', call_id: 'call_1' });
    for (const query of ['', '?callId=call_1', '?customerId=cus_1', '?active=true'])
      expect(await ids(query)).not.toContain('tkt_call_1');
    expect(await ids('', 'other-reads')).toEqual(['tkt_call_1']);
    expect((await get('/api/tickets/tkt_call_1')).status).toBe(404);
  });
});

test.each([
  'limit=0',
  'limit=201',
  'cursor=xyz',
  'status=done',
  'active=1',
  'actionRequired=maybe',
  'mail=lost',
  'direction=web',
  'callId=',
  'from=yesterday',
  'statsu=new',
  'phone=1',
])('?%s is refused, by name', async (query) => {
  const { status, body } = await get(`/api/tickets?${query}`);
  expect([status, body.code]).toEqual([400, 'invalid_request']);
  expect(body.errors.map(({ path }) => path.split('.')[0])).toContain(query.split('=')[0]);
});
