import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { endpointRoutes } from '../../../src/reactions/outgoing-webhooks/endpoint-routes.ts';
import type { OutgoingWebhooks } from '../../../src/reactions/outgoing-webhooks/start.ts';
import { analyzed, TENANT } from '../../projections/controls.ts';
import { logger } from '../../projections/stores.ts';
import { type Scene, soon, startReceiver, startScene } from './scene.ts';

let scene: Scene;
let outgoing: OutgoingWebhooks;
let keys: Record<'write' | 'read' | 'other', string>;
beforeAll(async () => {
  scene = await startScene();
  await scene.changes.putSettings('other', {});
  const key = async (tenant: string, scope: 'read' | 'write') =>
    (await scene.changes.issueApiKey(tenant, { scopes: [scope] })).key;
  keys = { write: await key(TENANT, 'write'), read: await key(TENANT, 'read'), other: await key('other', 'write') };
  outgoing = scene.start();
});
beforeEach(async () => {
  for (const { tenantId, id: endpointId } of scene.directory.webhookEndpoints())
    await scene.changes.removeWebhookEndpoint(tenantId, { endpointId });
});
afterAll(() => scene.stop());

const PATH = '/api/webhook-endpoints';
type Ask = { as?: keyof typeof keys | 'nobody'; allowPrivate?: boolean; once?: string };

async function ask(
  method: string,
  path: string,
  body?: unknown,
  { as = 'write', allowPrivate = true, once }: Ask = {},
) {
  const { directory, changes } = scene;
  const { authenticate } = directory;
  const routes = endpointRoutes({ authenticate, directory, administration: changes, outgoing, allowPrivate, logger });
  const response = await routes.request(path, {
    method,
    headers: {
      ...(as !== 'nobody' && { authorization: `Bearer ${keys[as]}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(once && { 'idempotency-key': once }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}
const order = { url: 'http://127.0.0.1:9/hook', events: ['call.outcome.changed', 'ticket.opened'] };
const added = async (changes: object = {}): Promise<string> =>
  (await ask('POST', PATH, { ...order, ...changes })).body.id;

test('an endpoint is added, shown without its secret, changed, and removed', async () => {
  const { status, body } = await ask('POST', PATH, { ...order, description: 'the desk' });
  expect(status).toBe(201);
  const { secret, ...shown } = body;
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(shown).toEqual({
    id: expect.any(String),
    ...order,
    description: 'the desk',
    state: 'active',
    createdAt: expect.any(String),
  });
  const path = `${PATH}/${shown.id}`;
  expect(await ask('GET', path)).toEqual({ status: 200, body: shown });
  expect(await ask('GET', PATH)).toEqual({ status: 200, body: { items: [shown], nextCursor: null } });

  const changed = await ask('PATCH', path, { state: 'paused', events: ['ticket.changed'], description: '' });
  const { description: _, ...rest } = shown;
  expect(changed).toEqual({ status: 200, body: { ...rest, state: 'paused', events: ['ticket.changed'] } });

  const rotated = await ask('POST', `${path}/rotate-secret`);
  expect(rotated).toMatchObject({ status: 200, body: { id: shown.id, secret: expect.stringMatching(/^whsec_/) } });
  expect(rotated.body.secret).not.toBe(secret);
  expect((await ask('DELETE', path)).status).toBe(204);
  expect((await ask('GET', path)).status).toBe(404);
  expect((await ask('DELETE', path)).status).toBe(404);
});

test('an endpoint that is asked for again under the same Idempotency-Key is the same one, with its secret', async () => {
  const once = 'crm-1';
  const first = await ask('POST', PATH, order, { once });
  expect(first.status).toBe(201);
  const again = await Promise.all([1, 2].map(() => ask('POST', PATH, order, { once })));
  expect(again).toEqual([first, first]);
  const other = await ask('POST', PATH, { ...order, events: ['ticket.opened'] }, { once });
  expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_key_reused' } });
  expect((await ask('POST', PATH, order, { once, as: 'other' })).body.id).not.toBe(first.body.id);
  expect((await ask('GET', PATH)).body.items).toHaveLength(1);
});

test('two processes that are asked under the same Idempotency-Key at once tell the same secret', async () => {
  const both = await Promise.all([1, 2].map(() => ask('POST', PATH, order, { once: 'at-once' })));
  expect(both.map(({ status }) => status)).toEqual([201, 201]);
  expect(both[0]).toEqual(both[1]);
});

test.each([
  ['no event', { events: [] }, 'invalid_request'],
  ['an unknown event', { events: ['call.started'] }, 'invalid_request'],
  ['an unknown field', { colour: 'red' }, 'invalid_request'],
  ['plain http', { url: 'http://example.com/' }, 'url_not_allowed'],
  ['a password', { url: 'https://a:b@example.com/' }, 'url_not_allowed'],
  ['a private address', { url: 'https://10.0.0.1/' }, 'url_not_allowed'],
  ['this machine in another spelling', { url: 'https://0x7f000001/' }, 'url_not_allowed'],
  ['a name of this machine', { url: 'https://localhost:8443/' }, 'url_not_allowed'],
])('400 for %s', async (_, changes, code) => {
  const answered = await ask('POST', PATH, { ...order, ...changes }, { allowPrivate: false });
  expect(answered).toMatchObject({ status: 400, body: { code, errors: [expect.anything()] } });
});

test('a change to a URL that is not allowed is refused, too', async () => {
  const path = `${PATH}/${await added()}`;
  const refused = await ask('PATCH', path, { url: 'https://192.168.0.1/' }, { allowPrivate: false });
  expect(refused).toMatchObject({ status: 400, body: { code: 'url_not_allowed' } });
  expect((await ask('PATCH', path, {})).status).toBe(400);
});

describe('who may ask', () => {
  test.each([
    ['nobody', 401],
    ['read', 403],
  ] as const)('%s: %i', async (as, status) => {
    const path = `${PATH}/${await added()}`;
    const all = [
      ask('POST', PATH, order, { as }),
      ask('GET', PATH, undefined, { as }),
      ask('GET', path, undefined, { as }),
      ask('PATCH', path, { state: 'paused' }, { as }),
      ask('DELETE', path, undefined, { as }),
      ask('POST', `${path}/rotate-secret`, undefined, { as }),
      ask('POST', `${path}/test`, undefined, { as }),
      ask('GET', `${path}/deliveries`, undefined, { as }),
      ask('POST', `${path}/deliveries/x/retry`, undefined, { as }),
      ask('POST', `${path}/replay`, { from: 0 }, { as }),
    ];
    expect((await Promise.all(all)).map((answered) => answered.status)).toEqual(Array(10).fill(status));
  });

  test('of another tenant’s endpoint nobody hears', async () => {
    const path = `${PATH}/${await added()}`;
    const as = { as: 'other' } as const;
    expect((await ask('GET', PATH, undefined, as)).body.items).toEqual([]);
    for (const [method, of, body] of [
      ['GET', path],
      ['PATCH', path, { state: 'paused' }],
      ['DELETE', path],
      ['POST', `${path}/rotate-secret`],
      ['POST', `${path}/test`],
      ['GET', `${path}/deliveries`],
      ['POST', `${path}/replay`, { from: '0' }],
    ] as const)
      expect(await ask(method, of, body, as)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});

test('deliveries are listed, the newest first, by state and in pages; one is sent again', async () => {
  const receiver = await startReceiver();
  receiver.answers(({ data }) => (data.callId === 'call_b' ? 500 : 200));
  const path = `${PATH}/${await added({ url: receiver.url })}`;
  await scene.say(
    ...['call_a', 'call_b'].map((call) => analyzed({ flags: { appointment_confirmed: true } }, {}, call)),
  );
  await soon(() => expect(receiver.received.length).toBeGreaterThanOrEqual(2));
  const tested = await ask('POST', `${path}/test`);
  expect(tested).toMatchObject({ status: 202, body: { type: 'endpoint.test', state: 'pending', attempts: 0 } });
  await soon(async () => {
    const { body } = await ask('GET', `${path}/deliveries?state=delivered`);
    expect(body.items).toEqual([
      {
        id: tested.body.id,
        webhookId: tested.body.webhookId,
        type: 'endpoint.test',
        state: 'delivered',
        attempts: 1,
        lastStatus: 200,
      },
      expect.objectContaining({ type: 'call.outcome.changed', state: 'delivered' }),
    ]);
  });
  const pages: object[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await ask('GET', `${path}/deliveries?limit=1${cursor}`);
    pages.push(...body.items);
    if (body.nextCursor === null) break;
    cursor = `&cursor=${body.nextCursor}`;
  }
  expect(pages).toHaveLength(3);
  await soon(async () => expect((await ask('GET', `${path}/deliveries?state=dead`)).body.items).toHaveLength(1));
  const [dead] = (await ask('GET', `${path}/deliveries?state=dead`)).body.items;
  expect(dead).toMatchObject({ attempts: 4, lastStatus: 500 });
  expect(dead).not.toHaveProperty('nextAttemptAt');
  receiver.answers(() => 200);
  const retried = await ask('POST', `${path}/deliveries/${dead.id}/retry`);
  expect(retried).toMatchObject({ status: 202, body: { state: 'pending', nextAttemptAt: expect.any(String) } });
  await soon(async () => expect((await ask('GET', `${path}/deliveries?state=delivered`)).body.items).toHaveLength(3));
  expect(receiver.received.at(-1)!.id).toBe(dead.webhookId);
  expect((await ask('POST', `${path}/deliveries/nonsense/retry`)).status).toBe(404);
  expect((await ask('GET', `${path}/deliveries?state=lost`)).status).toBe(400);
  expect((await ask('GET', `${path}/deliveries?cursor=x`)).status).toBe(400);
  receiver.stop();
});

test('a replay counts what it sends, and takes a time or a position', async () => {
  const path = `${PATH}/${await added({ events: ['call.outcome.changed'] })}`;
  const position = await scene.say(analyzed({ flags: { appointment_confirmed: true } }, {}, 'call_c'));
  await scene.shown(position);
  const replayed = (from: unknown) => ask('POST', `${path}/replay`, { from });
  expect(await replayed(`${position - 1n}`)).toEqual({ status: 202, body: { count: 1 } });
  expect(await replayed(Number(position))).toEqual({ status: 202, body: { count: 0 } });
  expect((await replayed('1970-01-01T00:00:00Z')).body.count).toBeGreaterThan(0);
  expect(await replayed('2999-01-01T00:00:00+01:00')).toEqual({ status: 202, body: { count: 0 } });
  for (const wrong of ['yesterday', '2026-01-01', -1, null]) expect((await replayed(wrong)).status).toBe(400);
});
