import { beforeEach, describe, expect, test } from 'vitest';
import type { CustomerRow } from '../../src/projections/tables.ts';
import { queryApi } from './callers.ts';
import { at, readModelOfFile } from './read-model.ts';

const readModel = await readModelOfFile();
const { get } = queryApi(readModel.db);
beforeEach(async () => void (await readModel.writer.deleteFrom('customers').execute()));

let made = 0;
const customer = (row: Partial<CustomerRow> = {}): CustomerRow => ({
  tenant_id: 'acme',
  id: `cus_${++made}`,
  phone: `+4930${made}`,
  raw_phones: [`+4930${made}`],
  name: null,
  first_seen_at: at('10:00:00'),
  last_seen_at: at('10:00:00'),
  calls: 1,
  created_at: at('10:00:00'),
  ...row,
});
const customers = (...rows: Partial<CustomerRow>[]) =>
  readModel.writer.insertInto('customers').values(rows.map(customer)).execute();

const ids = async (query = '', key?: string) => {
  const { status, body } = await get(`/api/customers${query}`, key);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.items.map(({ id }) => id);
};

const ada: Partial<CustomerRow> = {
  id: 'cus_ada',
  phone: '+4930123456',
  raw_phones: ['+4930123456', '030 / 123 456', ' 0049 30 123456'],
  name: 'Ada',
  last_seen_at: at('11:00:00.25'),
  calls: 3,
};

test('a customer shows all that is known, and no more', async () => {
  await customers(ada, { id: 'cus_b' });
  const { body } = await get('/api/customers/cus_ada');
  expect(body).toEqual({
    id: 'cus_ada',
    tenantId: 'acme',
    phone: '+4930123456',
    rawPhones: ['+4930123456', '030 / 123 456', ' 0049 30 123456'],
    name: 'Ada',
    firstSeenAt: '2026-03-01T10:00:00.000Z',
    lastSeenAt: '2026-03-01T11:00:00.250Z',
    calls: 3,
  });
  expect((await get('/api/customers/cus_b')).body).not.toHaveProperty('name');
  expect((await get('/api/customers')).body.items[0]).toEqual(body);
});

describe('a customer is found by the number', () => {
  test.each([
    ['in E.164', '%2B4930123456'],
    ['in E.164, its plus not encoded', '+4930123456'],
    ['in E.164 as people write it', '%2B49%20(30)%20123-456'],
    ['in E.164 as people write it, its plus not encoded', '+49%2030%2F123.456'],
    ['as it came', '030%20%2F%20123%20456'],
    ['as it came, and a space too many', '030%20%2F%20123%20456%20'],
    ['as it came, with a space before it', '%200049%2030%20123456'],
  ])('%s', async (_, phone) => {
    await customers(ada, { id: 'longer', phone: '+49301234567', raw_phones: ['0301234567'] }, {});
    expect(await ids(`?phone=${phone}`)).toEqual(['cus_ada']);
  });

  test.each(['%2B493012345', '123456', '0049', '+49%2030%20123%20456%207'])('and not by %s', async (phone) => {
    await customers(ada);
    expect(await ids(`?phone=${phone}`)).toEqual([]);
  });

  test.each(['', 'Ada', 'x'.repeat(200), '1%00', '1%0A'])('%j is none', async (phone) => {
    const { status, body } = await get(`/api/customers?phone=${phone}`);
    expect([status, body.code, body.errors[0]?.path]).toEqual([400, 'invalid_request', 'phone']);
  });
});

test('customers come page by page, newest first', async () => {
  await customers({ id: 'a' }, { id: 'c', created_at: at('11:00:00') }, { id: 'b' });
  const first = await get('/api/customers?limit=2');
  expect(first.body.items.map(({ id }) => id)).toEqual(['c', 'a']);
  expect(await ids(`?limit=2&cursor=${first.body.nextCursor}`)).toEqual(['b']);
  expect((await get('/api/customers?limit=201')).status).toBe(400);
  expect((await get('/api/customers?name=Ada')).status).toBe(400);
});

test('another tenant’s customer is nobody, though the number is the same', async () => {
  await customers({ ...ada, tenant_id: 'other' });
  expect(await ids('?phone=%2B4930123456')).toEqual([]);
  expect(await ids('?phone=030%20%2F%20123%20456')).toEqual([]);
  expect((await get('/api/customers/cus_ada')).status).toBe(404);
  expect(await ids('', 'other-reads')).toEqual(['cus_ada']);
});

test.each(['%2B4930123456', 'cus_a/b', `'; --`])('a customer may be called %s', async (id) => {
  await customers({ id });
  expect((await get(`/api/customers/${encodeURIComponent(id)}`)).body.id).toBe(id);
  expect((await get('/api/customers/%00')).status).toBe(404);
});
