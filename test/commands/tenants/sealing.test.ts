import { expect, test } from 'vitest';
import { CannotOpen, sealingUnder } from '../../../src/tenants/sealing.ts';

const sealing = sealingUnder('master-key');
const of = { tenantId: 'acme', keyId: 'wk_1' };

test('what was sealed is opened by the same MASTER_KEY, in another process too', () => {
  expect(sealingUnder('master-key').open(sealing.seal('geheim ✓', of), of)).toBe('geheim ✓');
});

// STORED FORMAT: sealed by the first release. If this fails, no log in use can be opened any more.
test('what the first release sealed is opened still', () => {
  expect(sealing.open('v1.e0f94f28.SdniBXe8TdXQcIJdRY5J6fMlLEnpF8IUZdhSTynX1FJHlj0Z8J6b8plW', of)).toBe(
    'webhook-secret',
  );
  expect(sealing.webhookKeyId('acme', 'webhook-secret')).toBe('wk_edf99c5eed9cec98c4ad');
});

test('the same secret is sealed differently each time, and never stands in the text', () => {
  const [a, b] = [sealing.seal('webhook-secret', of), sealing.seal('webhook-secret', of)];
  expect(a).not.toBe(b);
  expect(Buffer.from(a.split('.')[2]!, 'base64url').toString('latin1')).not.toContain('webhook-secret');
});

test('another MASTER_KEY is named as the cause, with the remedy and no secret', () => {
  const open = () => sealingUnder('another-key').open(sealing.seal('webhook-secret', of), of);
  expect(open).toThrow(CannotOpen);
  expect(open).toThrow(/MASTER_KEY does not open the secret "wk_1" of tenant "acme".*Start with the MASTER_KEY that/);
  expect(open).not.toThrow(/webhook-secret|another-key|master-key/);
});

test('a sealed text opens for no other tenant, under no other key id, and not when it was changed', () => {
  const sealed = sealing.seal('webhook-secret', of);
  const changed = sealed.slice(0, -2) + (sealed.endsWith('AA') ? 'BB' : 'AA');
  expect(() => sealing.open(sealed, { ...of, tenantId: 'other' })).toThrow(/changed or moved/);
  expect(() => sealing.open(sealed, { ...of, keyId: 'wk_2' })).toThrow(/changed or moved/);
  expect(() => sealing.open(changed, of)).toThrow(/changed or moved/);
  expect(() => sealing.open(`${sealed.split('.').slice(0, 2).join('.')}.`, of)).toThrow(CannotOpen);
  expect(() => sealing.open('v2.00000000.AAAA', of)).toThrow(/newer release/);
});

test('the id of a webhook key depends on key, tenant and MASTER_KEY', () => {
  const ids = [
    sealing.webhookKeyId('acme', 'a-secret'),
    sealing.webhookKeyId('acme', 'b-secret'),
    sealing.webhookKeyId('other', 'a-secret'),
    sealingUnder('another-key').webhookKeyId('acme', 'a-secret'),
  ];
  expect(new Set(ids).size).toBe(4);
  expect(sealing.webhookKeyId('acme', 'a-secret')).toBe(ids[0]);
});
