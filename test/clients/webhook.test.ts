import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyWebhook } from '../../clients/typescript/src/index.ts';

const now = Date.parse('2026-12-01T09:00:00Z');
const key = randomBytes(24);
const secret = `whsec_${key.toString('base64')}`;
const body = JSON.stringify({
  type: 'call.outcome.changed',
  timestamp: '2026-12-01T08:59:00.000Z',
  data: { name: 'ä' },
});

const signature = (of: string, { at = now / 1000, id = 'msg_1', by = key } = {}): string =>
  `v1,${createHmac('sha256', by).update(`${id}.${at}.${of}`).digest('base64')}`;
const headers = (more: object = {}) => ({
  ...{ 'webhook-id': 'msg_1', 'webhook-timestamp': String(now / 1000), 'webhook-signature': signature(body) },
  ...more,
});
const refusal = (of: string | Uint8Array, given: Record<string, string>, by: string | readonly string[] = secret) =>
  verifyWebhook(of, given, { secret: by, now }).then(
    () => 'none',
    (error) => error.code,
  );

test('what is signed is read, from text, bytes, and every kind of headers', async () => {
  const read = { id: 'msg_1', type: 'call.outcome.changed', data: { name: 'ä' }, sentAt: new Date(now) };
  const ofNode = Object.fromEntries(Object.entries(headers()).map(([name, value]) => [name.toUpperCase(), [value]]));
  for (const given of [headers(), new Headers(headers()), ofNode])
    expect(await verifyWebhook(body, given, { secret, now })).toMatchObject(read);
  expect(await verifyWebhook(Buffer.from(body), headers(), { secret, now })).toMatchObject(read);
});

test('one of several signatures and one of several secrets is enough', async () => {
  const other = `whsec_${randomBytes(24).toString('base64')}`;
  const several = `v1a,x ${signature(body, { by: randomBytes(24) })} v1,%%% ${signature(body)}`;
  expect(await refusal(body, headers({ 'webhook-signature': several }), [other, secret])).toBe('none');
  expect(await refusal(body, headers({ 'webhook-signature': several }), other)).toBe('signature_mismatch');
});

test.each([
  ['another body', `${body} `, {}, 'signature_mismatch'],
  ['another id', body, { 'webhook-id': 'msg_2' }, 'signature_mismatch'],
  ['another time', body, { 'webhook-timestamp': String(now / 1000 - 1) }, 'signature_mismatch'],
  ['no id', body, { 'webhook-id': '' }, 'headers_missing'],
  ['a time that is none', body, { 'webhook-timestamp': '1e9' }, 'headers_missing'],
  ['another version', body, { 'webhook-signature': signature(body).replace('v1', 'v2') }, 'signature_mismatch'],
])('%s is refused', async (_, of, change, code) => expect(await refusal(of, headers(change))).toBe(code));

test('five minutes either way are the end of it', async () => {
  const at = (seconds: number) => {
    const time = now / 1000 + seconds;
    return headers({ 'webhook-timestamp': String(time), 'webhook-signature': signature(body, { at: time }) });
  };
  expect(await Promise.all([-300, 300, -301, 301].map((s) => refusal(body, at(s))))).toEqual([
    ...['none', 'none', 'timestamp_stale', 'timestamp_stale'],
  ]);
});

test('what is signed and no JSON is told apart', async () =>
  expect(await refusal('no', headers({ 'webhook-signature': signature('no') }))).toBe('body_malformed'));
