import { expect, test } from 'vitest';
import { AT, call, customer, fact, list, pageOver, refusal, said } from './fake-api.ts';

const shown = pageOver('administers');

const projection = {
  ...{ name: 'calls', version: 3, generation: 2, state: 'live', checkpoint: '90', head: '100' },
  ...{ lagEvents: 4, lagSeconds: 2, caughtUp: false },
};
const operation = {
  ...{ id: 'op-1', kind: 'verify', projection: 'calls', state: 'running', progress: { done: 25, total: 100 } },
  requestedAt: AT,
};

test('projections say how far they are, and what is under way how far it is', async () => {
  const { said, text } = await shown('/console/operations', {
    'GET /api/projections': {
      items: [{ ...projection, building: { generation: 3, done: 1, total: 2, parked: 0, heldUp: true } }],
    },
    'GET /api/operations': { items: [operation] },
  });
  for (const words of ['4 events behind, 2 s', 'generation 3 50 %', 'waits for a decision', 'running 25 %'])
    expect(said).toContain(words);
  expect(text).toContain('hx-trigger="every 1s"');
  expect(text).not.toContain('hx-trigger="every 10s"');
});

test('one part that cannot be had says so, and the others are there', async () => {
  const { status, said } = await shown('/console/operations', {
    'GET /api/projections': refusal(503, 'database_unavailable', 'Postgres does not answer.'),
  });
  expect(status).toBe(200);
  expect(said).toContain('ready postgres ok');
  expect(said).toContain('The database does not answer. Postgres does not answer.');
});

test('a verification is asked for, followed, and tells what differs', async () => {
  const { post, page, cookie, asked } = await shown('/console/operations', {
    'POST /api/projections/calls/verify': { operationId: 'op-1' },
    'GET /api/operations/op-1': {
      ...{ ...operation, state: 'succeeded' },
      result: {
        equal: false,
        differencesTotal: 1,
        rowsCompared: 7,
        differences: [{ table: 'tickets', key: 'k', column: 'status', live: 'a', rebuilt: 'b' }],
      },
    },
  });
  const sent = await post('/console/operations/projections/calls/verify', {}, cookie);
  expect(sent.headers.get('location')).toBe('/console/operations/jobs/op-1');
  expect(asked.at(-1)).toMatchObject({ method: 'POST', path: '/api/projections/calls/verify', key: 'administers' });
  const text = said((await page('/console/operations/jobs/op-1', cookie)).text);
  expect(text).toContain('1 differences');
  expect(text).toContain('tickets k status a b');
});

test.each([
  [
    'parked/calls.1.9/redrive',
    'POST /api/parked/calls.1.9/redrive',
    'still_parked',
    'It breaks again, and stays parked.',
  ],
  ['quarantine/default.1/retry', 'POST /api/quarantine/default.1/retry', 'recorded', 'has left the quarantine'],
  [
    'mails/acme/tkt_1/redrive',
    'POST /api/tenants/acme/tickets/tkt_1/mail/redrive',
    'already_sent',
    'it is not sent twice',
  ],
])('%s is tried again by the API', async (path, route, outcome, sentence) => {
  const { post, page, cookie, asked } = await shown('/console', { [route]: { outcome } });
  const sent = await post(`/console/operations/${path}`, {}, cookie);
  expect(`${asked.at(-1)!.method} ${asked.at(-1)!.path}`).toBe(route);
  expect(said((await page(sent.headers.get('location')!, cookie)).text)).toContain(sentence);
});

test('why webhooks were refused is said in words, by endpoint and tenant', async () => {
  const refused = { endpoint: 'retell', tenantId: 'acme', status: 401, outcome: 'sig_stale', count: 3, lastAt: AT };
  const { said } = await shown('/console/operations/webhooks', {
    'GET /api/webhook-health': { since: AT, items: [refused] },
  });
  expect(said).toContain('3 retell acme sig stale The webhook was signed over five minutes');
});

test('webhook endpoints of all tenants are shown, and how they do', async () => {
  const about = { tenantId: 'acme', events: ['ticket.opened'], state: 'active', createdAt: AT, pending: 0, dead: 0 };
  const fails = { ...about, id: '2', url: 'https://fails.example/', failingSince: AT, pending: 3, dead: 1 };
  const gone = { ...about, id: '1', url: 'https://gone.example/', state: 'paused', pausedBecause: 'gone' };
  const {
    page,
    cookie,
    said: all,
  } = await shown('/console/operations/endpoints', {
    'GET /api/outgoing-webhooks': (query: URLSearchParams) => ({
      items: query.get('failing') ? [fails] : [gone, fails],
      nextCursor: null,
    }),
  });
  expect(all).toContain('acme https://gone.example/ paused: it answered 410 ticket.opened 0 0');
  expect(all).toContain('acme https://fails.example/ failing since 1 Mar 2026, 10:00:00 ticket.opened 3 1');
  const failing = said((await page('/console/operations/endpoints?failing=true', cookie)).text);
  expect(failing).not.toContain('gone.example');
  expect(said((await page('/console', cookie)).text)).toContain('1 webhook endpoints that fail');
});

test('coverage that nobody has asked for has no percentage', async () => {
  const day = {
    tenantId: 'acme',
    day: '2026-03-01',
    retell: 0,
    log: 4,
    facts: { webhook: 9, reconciliation: 0 },
    missing: 0,
  };
  const { said } = await shown('/console/operations/coverage', {
    'GET /api/reconciliation': { state: 'idle' },
    'GET /api/reconciliation/coverage': { items: [day] },
  });
  expect(said).toContain('2026-03-01 acme not asked 0 4 0 9 0');
});

test('a key that is issued is on the answer to the form, and in no address', async () => {
  const tenant = { id: 'acme', retellApiKeySet: false, webhookKeys: [], apiKeys: [] };
  const { post, cookie, asked } = await shown('/console', {
    'GET /api/tenants/acme': tenant,
    'POST /api/tenants/acme/api-keys': { keyId: 'k', key: 'cl_k_secret' },
    'PATCH /api/tenants/acme': tenant,
  });
  const issued = await post('/console/operations/tenants/acme/api-keys', { scopes: 'read', name: 'desk' }, cookie);
  expect([issued.status, await issued.text()]).toEqual([200, expect.stringContaining('cl_k_secret')]);
  const saved = await post(
    '/console/operations/tenants/acme',
    { name: '', timeZone: 'Europe/Berlin', recipients: 'a@b.example\n' },
    cookie,
  );
  expect(saved.status).toBe(303);
  expect(asked.at(-1)!.body).toEqual({
    name: null,
    timeZone: 'Europe/Berlin',
    mail: { enabled: false, recipients: ['a@b.example'] },
  });
});

test('nobody is erased whose number was not typed once more', async () => {
  const { post, cookie, asked } = await shown(
    '/console',
    {
      'GET /api/customers/cus_1': customer(),
      'POST /api/erasures': { id: 'ers_1' },
    },
    'writes',
    'administers',
  );
  const wrong = await post('/console/customers/cus_1/erase', { confirmation: '+49' }, cookie);
  expect([wrong.status, said(await wrong.text())]).toEqual([
    400,
    expect.stringContaining('What was typed is not +4930222'),
  ]);
  expect(asked.some(({ path }) => path === '/api/erasures')).toBe(false);
  const done = await post(
    '/console/customers/cus_1/erase',
    { confirmation: '+4930222', reason: 'asked', once: '1' },
    cookie,
  );
  expect(done.headers.get('location')).toBe('/console/operations/erasures/ers_1');
  expect(asked.at(-1)).toMatchObject({
    key: 'administers',
    body: { tenantId: 'acme', customerId: 'cus_1', reason: 'asked' },
  });
});

test('a call whose person was erased says so, and offers no erasure', async () => {
  const { said, text } = await shown(
    '/console/calls/session-1',
    {
      'GET /api/call-sessions/session-1': call({ erased: true }),
      'GET /api/call-sessions/session-1/history': list(
        fact({ evidence: 'erased', erased: true, erasure: { id: 'e', requestedAt: AT, by: 'admin' } }),
      ),
    },
    'writes',
    'administers',
  );
  expect(said).toContain('The person of this call was erased');
  expect(said).toContain('Erased: asked for 1 Mar 2026');
  expect(text).not.toContain('name="confirmation"');
});

test('a webhook endpoint is added, tried, paused and removed by the API, and its secret is shown once', async () => {
  const endpoint = {
    id: 'we_1',
    url: 'https://example.com/h',
    events: ['ticket.opened'],
    state: 'active',
    createdAt: AT,
  };
  const delivery = { id: 'd', webhookId: 'msg_1', type: 'ticket.opened', state: 'dead', attempts: 9, lastStatus: 500 };
  const { post, cookie, asked, text } = await shown(
    '/console/endpoints/we_1',
    {
      'GET /api/webhook-endpoints/we_1': endpoint,
      'GET /api/webhook-endpoints/we_1/deliveries': list(delivery),
      'POST /api/webhook-endpoints': { ...endpoint, secret: 'whsec_1' },
      'POST /api/webhook-endpoints/we_1/test': {},
      'PATCH /api/webhook-endpoints/we_1': endpoint,
      'DELETE /api/webhook-endpoints/we_1': {},
    },
    'writes',
  );
  expect(said(text)).toContain('msg_1 ticket.opened dead 9 500');
  const form = { url: 'https://example.com/h', events: 'ticket.opened', once: 'sent-once' };
  const added = await post('/console/endpoints', form, cookie);
  expect(await added.text()).toContain('whsec_1');
  const order = asked.find(({ path, method }) => method === 'POST' && path === '/api/webhook-endpoints')!;
  expect(order.once).toBe('sent-once');
  expect(order.body).toEqual({
    ...{ url: 'https://example.com/h', events: ['ticket.opened'] },
  });
  for (const [what, form] of [
    ['test', {}],
    ['state', { state: 'paused' }],
    ['remove', {}],
  ] as const)
    expect((await post(`/console/endpoints/we_1/${what}`, form as Record<string, string>, cookie)).status, what).toBe(
      303,
    );
  expect(asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([{ state: 'paused' }]);
});

test('what is wrong here is a page that names the line in the log, and no stack', async () => {
  const { status, text, said } = await shown('/console/operations/coverage', {
    'GET /api/reconciliation': { nonsense: 1 },
  });
  expect(status).toBe(500);
  expect(said).toContain('In the log it is 4711.');
  expect(text).not.toMatch(/TypeError|coverage\.ts/);
});
