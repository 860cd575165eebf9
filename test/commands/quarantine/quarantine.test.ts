import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decode, type Fact } from '../../../src/events/codec.ts';
import { callStream } from '../../../src/events/streams.ts';
import { evidenceVerdicts } from '../../../src/evidence/evidence.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { someTenants } from '../webhooks/door.ts';
import { openScene, type Scene, understandable } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

const [, acme] = someTenants;
const acmeKey = { tenant: 'acme', key: acme!.webhookKeys[0]!.key };
const gibberish = () => `no JSON at all: ${randomUUID()}`;
const idsOf = (answer: { body: { items: { id: string }[] } }) => answer.body.items.map(({ id }) => id);
const factsOf = async (callId: string, tenant = 'default'): Promise<Fact[]> =>
  (await scene.log.read(callStream(tenant, callId))).map(decode).filter((fact) => fact !== undefined);
const releasesOf = async (id: string) =>
  (await scene.log.read(scene.streamOf(id))).filter(({ type }) => type === 'DeliveryReleased').length;

describe('the list', () => {
  test('shows what was authentic and not understood, once each', async () => {
    const body = gibberish();
    const before = Date.now();
    expect([await scene.post(body), await scene.post(body)]).toEqual([204, 204]);
    const { items } = (await scene.list()).body;
    const mine = items.filter(({ id }: { id: string }) => id === scene.idOf(body));
    expect(mine).toEqual([
      {
        id: scene.idOf(body),
        tenantId: 'default',
        endpoint: 'retell',
        reason: 'not_json',
        receivedAt: expect.any(String),
        size: body.length,
      },
    ]);
    expect(Date.parse(mine[0].receivedAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(mine[0].receivedAt)).toBeLessThanOrEqual(Date.now());
  });

  test('is of one tenant or of one reason, where it is asked for', async () => {
    const [theirs, ours] = [gibberish(), JSON.stringify({ event: 'call_ended', call: {}, mark: randomUUID() })];
    await scene.post(theirs, acmeKey);
    await scene.post(ours);
    const [theirId, ourId] = [scene.idOf(theirs, 'acme'), scene.idOf(ours)];
    const both = idsOf(await scene.list());
    expect(both).toEqual(expect.arrayContaining([theirId, ourId]));
    const ofAcme = idsOf(await scene.list('?tenantId=acme'));
    expect(ofAcme).toContain(theirId);
    expect(ofAcme).not.toContain(ourId);
    const invalid = idsOf(await scene.list('?reason=schema_invalid'));
    expect(invalid).toContain(ourId);
    expect(invalid).not.toContain(theirId);
  });

  test('is newest first, a page at a time', async () => {
    const bodies = [gibberish(), gibberish(), gibberish()];
    for (const body of bodies) await scene.post(body, acmeKey);
    const newest = bodies.map((body) => scene.idOf(body, 'acme')).reverse();
    const first = await scene.list('?tenantId=acme&limit=2');
    expect(idsOf(first)).toEqual(newest.slice(0, 2));
    const second = await scene.list(`?tenantId=acme&limit=1&cursor=${first.body.nextCursor}`);
    expect(idsOf(second)).toEqual(newest.slice(2));
  });

  test('is a fold of the log: another database comes to the same', async () => {
    const { id } = await released();
    const database = await createTestDatabase();
    const other = await scene.following(database.url);
    expect(await other.waitUntilCaughtUp((await scene.log.head())!, 30_000)).toBe(true);
    await other.stop();
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ id: string; released: boolean }>(
      'select id, released_at is not null as released from quarantine order by created_at desc, id',
    );
    await client.end();
    await database.drop();
    expect(rows.map((row) => row.id)).toEqual(idsOf(await scene.list('?released=all&limit=200')));
    expect(rows.find((row) => row.id === id)?.released).toBe(true);
  });

  test.each([
    '?limit=0',
    '?limit=201',
    '?reason=nonsense',
    '?tenantId=NO',
    '?released=perhaps',
    '?cursor=x',
    '?tenant=acme',
  ])('refuses %s', async (query) => {
    const { status, body } = await scene.list(query);
    expect([status, body.code, body.errors.length]).toEqual([400, 'invalid_request', 1]);
  });
});

test.each([
  ['GET', '/api/quarantine'],
  ['GET', '/api/quarantine/default.x'],
  ['POST', '/api/quarantine/default.x/retry'],
])('%s %s is the administrator’s alone', async (method, path) => {
  for (const key of [null, 'cl_1_somebody', '']) {
    const { status, body } = await scene.ask(method, path, key);
    expect([status, body.code]).toEqual([401, 'unauthorized']);
  }
});

describe('a review', () => {
  test('shows what was sent, and that it still verifies', async () => {
    const body = `{"event": "Grüße ${randomUUID()}`;
    await scene.post(body, acmeKey);
    const id = scene.idOf(body, 'acme');
    expect((await scene.ask('GET', `/api/quarantine/${id}`)).body).toMatchObject({
      id,
      tenantId: 'acme',
      reason: 'not_json',
      evidence: 'verified',
      keyId: 'acme-key-1',
      body: { encoding: 'text', content: body, truncated: false },
    });
  });

  test('gives no more of the body than was asked for, and splits no character', async () => {
    const body = `äöü ${randomUUID()}`;
    await scene.post(body);
    const { body: shown } = await scene.ask('GET', `/api/quarantine/${scene.idOf(body)}?maxBytes=3`);
    expect(shown.body).toEqual({ encoding: 'text', content: 'ä', truncated: true });
    const { status } = await scene.ask('GET', `/api/quarantine/${scene.idOf(body)}?maxBytes=1048577`);
    expect(status).toBe(400);
  });

  test('gives what is no text as base64, from all its parts', async () => {
    const body = Buffer.concat([Buffer.from([0xff, 0xfe]), randomBytes(2_000_000)]);
    await scene.post(body);
    const path = `/api/quarantine/${scene.idOf(body)}`;
    const { body: shown } = await scene.ask('GET', `${path}?maxBytes=1000`);
    expect(shown.body).toEqual({
      encoding: 'base64',
      content: body.subarray(0, 1000).toString('base64'),
      truncated: true,
    });
    expect([shown.evidence, shown.size]).toEqual(['verified', 2_000_002]);
    expect((await scene.log.read(scene.streamOf(scene.idOf(body)))).length).toBeGreaterThan(2);
  });

  test.each([
    'nonsense',
    `default.${'0'.repeat(64)}`,
    `default.${'0'.repeat(63)}`,
    'a%2Fb',
    '%00',
    `.${'0'.repeat(64)}`,
  ])('of %s finds nothing', async (id) => {
    expect((await scene.ask('GET', `/api/quarantine/${id}`)).status).toBe(404);
    expect((await scene.retry(id)).status).toBe(404);
  });

  test('does not find what is only there under another tenant', async () => {
    const body = gibberish();
    await scene.post(body, acmeKey);
    expect((await scene.ask('GET', `/api/quarantine/${scene.idOf(body, 'default')}`)).status).toBe(404);
    expect((await scene.ask('GET', `/api/quarantine/${scene.idOf(body, 'acme')}`)).status).toBe(200);
  });
});

async function released() {
  const { callId, body } = understandable();
  const id = await scene.setAside(body);
  const { body: answer } = await scene.retry(id);
  return { callId, body, id, answer };
}

describe('a retry', () => {
  test('of what is still not understood says why, and writes nothing', async () => {
    const body = gibberish();
    await scene.post(body);
    const id = scene.idOf(body);
    const head = await scene.log.head();
    expect(await scene.retry(id)).toEqual({ status: 200, body: { outcome: 'still_quarantined', reason: 'not_json' } });
    expect(await scene.log.head()).toBe(head);
    expect(idsOf(await scene.list())).toContain(id);
  });

  test('of what is understood by now makes the fact that a fresh delivery would have made', async () => {
    const { callId, body } = understandable();
    const id = await scene.setAside(body, { tenant: acme!, endpoint: 'retell-inbound-ticket' });
    const answer = await scene.retry(id);
    const [fact, ...more] = await factsOf(callId, 'acme');
    expect(more).toEqual([]);
    expect(answer).toEqual({ status: 200, body: { outcome: 'recorded', callId, factId: fact!.id } });
    expect(fact).toMatchObject({
      type: 'CallEnded',
      data: { callId },
      metadata: {
        tenantId: 'acme',
        source: 'webhook',
        endpoint: 'retell-inbound-ticket',
        receivedAt: '2026-01-31T09:33:20.500Z',
        occurredAt: '2026-01-31T09:00:00.000Z',
        timeZone: 'Europe/Berlin',
        evidence: { keyId: 'acme-key-1', bytes: body.length },
      },
    });
    expect(await evidenceVerdicts(scene.log, acme!, callId, [fact!.metadata])).toEqual(['verified']);
    // The same webhook once more is no news.
    expect(await scene.post(body, acmeKey)).toBe(204);
    expect(await factsOf(callId, 'acme')).toHaveLength(1);
  });

  test('that made a fact takes the delivery off the list, and it can still be found', async () => {
    const { id, callId, answer } = await released();
    const { factId } = answer;
    expect(answer.outcome).toBe('recorded');
    expect(idsOf(await scene.list('?limit=200'))).not.toContain(id);
    for (const which of ['true', 'all']) {
      const { items } = (await scene.list(`?released=${which}&limit=200`)).body;
      const item = items.find((one: { id: string }) => one.id === id);
      expect(item.released).toEqual({ at: expect.any(String), callId, factId });
    }
    expect((await scene.ask('GET', `/api/quarantine/${id}`)).body.released).toMatchObject({ callId, factId });
  });

  test('again is a duplicate, and releases once', async () => {
    const { id, callId, answer } = await released();
    expect((await scene.retry(id)).body).toEqual({ ...answer, outcome: 'duplicate' });
    expect(await factsOf(callId)).toHaveLength(1);
    expect(await releasesOf(id)).toBe(1);
  });

  test('by two at once makes one fact', async () => {
    const { callId, body } = understandable();
    const id = await scene.setAside(body);
    const answers = await Promise.all([scene.retry(id), scene.retry(id), scene.retry(id)]);
    expect(answers.map((answer) => answer.body.outcome).sort()).toEqual(['duplicate', 'duplicate', 'recorded']);
    expect(await factsOf(callId)).toHaveLength(1);
    expect(await releasesOf(id)).toBe(1);
  });

  test('finishes what was cut off between the fact and the release', async () => {
    const { callId, body } = understandable();
    const id = await scene.setAside(body);
    await scene.post(body); // the fact is there, the delivery still in quarantine
    expect(idsOf(await scene.list('?limit=200'))).toContain(id);
    expect((await scene.retry(id)).body).toMatchObject({ outcome: 'duplicate', callId });
    expect(idsOf(await scene.list('?limit=200'))).not.toContain(id);
  });

  test('of bytes that do not verify makes no fact of them', async () => {
    const { callId, body } = understandable();
    const id = await scene.setAside(body, { signatureHeader: `v=1769852000000,d=${'0'.repeat(64)}` });
    expect((await scene.ask('GET', `/api/quarantine/${id}`)).body.evidence).toBe('failed');
    expect((await scene.retry(id)).body).toEqual({ outcome: 'still_quarantined', reason: 'evidence_failed' });
    expect(await factsOf(callId)).toEqual([]);
    expect(await releasesOf(id)).toBe(0);
  });

  test('of bytes that are gone says so', async () => {
    const body = gibberish();
    await scene.post(body);
    const whole = await scene.log.read(scene.streamOf(scene.idOf(body)));
    const other = `default.${randomBytes(32).toString('hex')}`;
    const { type, data, metadata } = whole.at(-1)!;
    await scene.log.append(scene.streamOf(other), 'no_stream', [
      { id: randomUUID(), type, data: data as object as Uint8Array, metadata: metadata as Record<string, never> },
    ]);
    const { body: shown } = await scene.ask('GET', `/api/quarantine/${other}`);
    expect([shown.evidence, shown.body]).toEqual(['expired', undefined]);
    expect((await scene.retry(other)).body).toEqual({ outcome: 'still_quarantined', reason: 'evidence_expired' });
  });

  test('keeps what was meant to be kept, whatever is kept of new ones', async () => {
    const { callId, body } = understandable({ event: 'transcript_updated' });
    const id = await scene.setAside(body);
    expect((await scene.retry(id)).body.outcome).toBe('recorded');
    expect((await factsOf(callId)).map(({ type }) => type)).toEqual(['CallEventUnrecognized']);
  });

  test('is logged without anything of what was said', async () => {
    const { id, callId } = await released();
    const mine = scene.lines.filter((line) => line.includes(id));
    expect(mine.map((line) => JSON.parse(line))).toMatchObject([{ outcome: 'recorded', call_id: callId }]);
    expect(scene.lines.join('')).not.toContain('MARK-PERSONAL');
  });
});
