// How Postgres answers every query of the API over a tenant with much: each by an index, and a page without reading
// more than a page.
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReadModel } from '../../src/projections/tables.ts';
import { readCoverage } from '../../src/reactions/reconciliation/coverage.ts';
import { eventsAfter, newestPosition } from '../../src/read-api/live/feed-event.ts';
import { quarantineReadRoutes } from '../../src/read-api/quarantine.ts';
import { accessWith } from '../support/admin-access.ts';
import { queryApi } from './callers.ts';
import { createExplained, expectFewReads, PAGE, rowsRead, stepsOf } from './explained.ts';
import { fillReadModel, MANY } from './many-rows.ts';
import { createReadModel } from './read-model.ts';

let readModel: Awaited<ReturnType<typeof createReadModel>>;
let explained: ReturnType<typeof createExplained>;
let db: Kysely<ReadModel>;
beforeAll(async () => {
  readModel = await createReadModel(fillReadModel);
  explained = createExplained(readModel.url);
  db = explained.db;
}, 120_000);
afterAll(async () => {
  await db?.destroy();
  await readModel.drop();
});
const plansOf = (ask: () => Promise<unknown>) => explained.plansOf(ask);

const cursor = (n: number, id: string): string => {
  const createdAt = new Date(Date.parse('2026-03-01T00:00:00Z') - n * 60_000).toISOString().replace('Z', '000Z');
  return `cursor=${Buffer.from(JSON.stringify([createdAt, `${id}-${n}`])).toString('base64url')}`;
};
const oldestFirst = (n: number, id: string): string => {
  const createdAt = new Date(Date.parse('2026-03-01T00:00:00Z') - n * 60_000).toISOString().replace('Z', '000Z');
  const place = JSON.stringify([createdAt, `${id}-${n}`, 'oldest']);
  return `order=oldest&cursor=${Buffer.from(place).toString('base64url')}`;
};
const DEEP = MANY - 5000;
const hour = 'from=2026-02-03T10:00:00Z&to=2026-02-03T11:00:00Z';
const lately = 'from=2026-02-27T00:00:00Z&to=2026-02-28T00:00:00Z';
const longAgo = 'from=2026-02-03T00:00:00Z&to=2026-02-08T00:00:00Z';

/** Every route, every filter alone for what is common and for what is rare, and the pairs that may not meet. */
const requests = [
  '/api/call-sessions',
  `/api/call-sessions?${cursor(DEEP, 'session')}`,
  '/api/call-sessions?status=confirmed',
  '/api/call-sessions?status=busy',
  '/api/call-sessions?status=busy,voicemail',
  '/api/call-sessions?status=failed,busy',
  `/api/call-sessions?status=failed&${cursor(DEEP, 'session')}`,
  '/api/call-sessions?direction=outbound',
  '/api/call-sessions?direction=web',
  `/api/call-sessions?direction=outbound&${cursor(DEEP, 'session')}`,
  '/api/call-sessions?appointmentId=appointment-77',
  '/api/call-sessions?contactId=contact-77',
  '/api/call-sessions?order=oldest',
  `/api/call-sessions?${oldestFirst(5000, 'session')}`,
  '/api/call-sessions?order=oldest&status=confirmed',
  '/api/call-sessions?order=oldest&status=failed,busy',
  '/api/call-sessions?order=oldest&to=2026-02-20T00:00:00Z',
  '/api/call-sessions?order=oldest&from=2026-02-27T00:00:00Z',
  `/api/call-sessions?order=oldest&${lately}`,
  `/api/call-sessions?order=oldest&status=confirmed&direction=outbound&${lately}`,
  '/api/call-sessions?phone=%2B491510000077',
  '/api/call-sessions?phone=%2B4930100',
  `/api/call-sessions?${longAgo}`,
  '/api/call-sessions?from=2026-02-27T00:00:00Z',
  '/api/call-sessions?to=2026-02-20T00:00:00Z',
  '/api/call-sessions?archived=true',
  '/api/call-sessions?archived=all',
  '/api/call-sessions?fields=transcript',
  `/api/call-sessions?${longAgo}&${cursor(DEEP, 'session')}`,
  `/api/call-sessions?archived=all&${longAgo}`,
  `/api/call-sessions?archived=true&${longAgo}`,
  `/api/call-sessions?phone=%2B4930100&${longAgo}`,
  `/api/call-sessions?status=confirmed&direction=outbound&${longAgo}`,
  `/api/call-sessions?status=confirmed&direction=outbound&${longAgo}&${cursor(DEEP, 'session')}`,
  '/api/call-sessions?status=confirmed&direction=web',
  '/api/call-sessions?status=failed&direction=inbound&archived=all',
  '/api/call-sessions/session-77',
  '/api/call-sessions/call:call-77',
  '/api/call-sessions/call-77',
  '/api/call-sessions/session-77?expand=appointment,ticket,customer',
  '/api/call-sessions/session-77/history',
  '/api/call-sessions/session-77/history?cursor=1',
  '/api/call-sessions/session-77/deliveries',
  '/api/appointments',
  `/api/appointments?${cursor(DEEP, 'appointment')}`,
  '/api/appointments?order=oldest',
  `/api/appointments?${oldestFirst(5000, 'appointment')}`,
  '/api/appointments?order=oldest&needsReview=true',
  `/api/appointments?order=oldest&${lately}`,
  '/api/appointments?status=confirmed',
  '/api/appointments?status=cancelled',
  '/api/appointments?needsReview=true',
  '/api/appointments?needsReview=false',
  `/api/appointments?${longAgo}`,
  `/api/appointments?status=confirmed&${longAgo}`,
  '/api/appointments/appointment-77',
  '/api/appointments/appointment-77/history',
  '/api/appointments/appointment-77/history?cursor=1',
  '/api/tickets',
  `/api/tickets?${cursor(DEEP, 'tkt_call')}`,
  '/api/tickets?status=closed',
  '/api/tickets?status=contacted',
  '/api/tickets?active=true',
  '/api/tickets?active=false',
  '/api/tickets?actionRequired=true',
  '/api/tickets?actionRequired=false',
  '/api/tickets?actionRequired=null',
  '/api/tickets?actionRequired=true&active=true',
  '/api/tickets?mail=failed',
  '/api/tickets?mail=failed,not_sent',
  '/api/tickets?mail=none',
  '/api/tickets?order=oldest',
  `/api/tickets?${oldestFirst(5000, 'tkt_call')}`,
  '/api/tickets?order=oldest&active=true&actionRequired=true',
  '/api/tickets?direction=inbound',
  '/api/tickets?direction=outbound',
  '/api/tickets?active=false&direction=outbound',
  '/api/tickets?callId=call-77',
  '/api/tickets?sessionId=session-77',
  '/api/tickets?customerId=customer-77',
  `/api/tickets?${longAgo}`,
  `/api/tickets?status=closed&active=false&direction=inbound&${longAgo}`,
  '/api/tickets/tkt_call-77',
  '/api/tickets/tkt_call-77/history',
  '/api/tickets/tkt_call-77/history?cursor=1',
  '/api/customers',
  `/api/customers?${cursor(DEEP, 'customer')}`,
  '/api/customers?order=oldest',
  `/api/customers?${oldestFirst(5000, 'customer')}`,
  '/api/customers?phone=%2B4917177',
  '/api/customers?phone=0171%2F77',
  '/api/customers/customer-77',
  `/api/summary?${hour}&timeZone=Asia/Kathmandu`,
  `/api/summary/hours?${hour}`,
];

describe('over a tenant with much, few rows are read for', () => {
  test.each(requests)('%s', async (path) => {
    const { get } = queryApi(db);
    expectFewReads(await plansOf(async () => expect((await get(path)).status).toBe(200)));
  });

  // Appointments that were made then, for a later day, are passed over.
  test.each([
    [`/api/call-sessions?${hour}`, 2 * PAGE],
    [`/api/appointments?${hour.replaceAll('-03T', '-10T')}`, 3 * PAGE],
  ])('%s, without a walk there from the newest', async (path, blocks) => {
    const { get } = queryApi(db);
    expectFewReads(await plansOf(async () => expect((await get(path)).body.items.length).toBe(PAGE)), blocks);
  });

  test.each([
    '',
    `?${cursor(DEEP, 'acme')}`,
    '?tenantId=acme',
    '?tenantId=acme&released=all',
    '?reason=not_json&released=all',
    '?reason=not_a_call',
    '?released=true',
  ])('/api/quarantine%s', async (query) => {
    const routes = quarantineReadRoutes({ db, access: accessWith('admin'), review: async () => undefined });
    const headers = { authorization: 'Bearer admin' };
    const ask = async () => expect((await routes.request(`/api/quarantine${query}`, { headers })).status).toBe(200);
    expectFewReads(await plansOf(ask));
  });

  test('sessions are counted from an index alone, and each day from its own range of one', async () => {
    const { get } = queryApi(db);
    const plans = await plansOf(() =>
      get('/api/summary?from=2026-02-02T23:30:00Z&to=2026-02-03T00:30:00Z&timeZone=UTC'),
    );
    const scans = plans.flatMap(stepsOf).filter((step) => step['Index Name'] !== undefined);
    expect(scans.map((step) => [step['Node Type'], step['Actual Loops'], rowsRead(step)])).toEqual([
      ['Index Only Scan', 2, 60],
      ['Index Only Scan', 2, 60],
      [expect.stringMatching(/^Index (Only )?Scan$/), 2, 0],
    ]);
  });

  test('the coverage of an hour', async () => {
    const [from, to] = [new Date('2026-02-03T10:00:00Z'), new Date('2026-02-03T11:00:00Z')];
    expectFewReads(await plansOf(() => readCoverage(db)({ tenantId: 'acme', from, to })));
  });

  test('the live feed, wherever its client stands', async () => {
    expectFewReads(await plansOf(() => newestPosition(db)));
    for (const after of [0n, BigInt(MANY), BigInt(2 * MANY)]) {
      expectFewReads(await plansOf(() => eventsAfter(db, after)));
      expectFewReads(await plansOf(() => eventsAfter(db, after, 'acme')));
    }
  });
});

test.each(requests)('a tenant with little is not made to read what others have: %s', async (path) => {
  const { get } = queryApi(db);
  const plans = await plansOf(() => get(path, 'other-reads'));
  for (const step of plans.flatMap(stepsOf)) expect(step['Node Type']).not.toBe('Seq Scan');
});

/** Every page has a limit; `at` asks the log instead of Postgres. */
const notOfAQuery = new Set(['limit', 'at']);

test('no route and no parameter of the query API is left out', () => {
  const app: OpenAPIHono = queryApi(db).app;
  const { paths = {} } = app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 'all', version: '1' } });
  const asked = requests.map((request) => new URL(request, 'http://localhost'));
  for (const [path, { get }] of Object.entries(paths)) {
    const route = new RegExp(`^${path.replace('{id}', '[^/]+')}$`);
    const here = asked.filter(({ pathname }) => route.test(pathname));
    expect(here.length, path).toBeGreaterThan(0);
    for (const parameter of get!.parameters ?? []) {
      if (!('in' in parameter) || parameter.in !== 'query' || notOfAQuery.has(parameter.name)) continue;
      const used = here.some(({ searchParams }) => searchParams.has(parameter.name));
      expect(used, `${path}?${parameter.name}`).toBe(true);
    }
  }
});
