import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { symmetric } from 'retell-sdk/lib/webhook_auth';
import { describe, expect, test } from 'vitest';
import { staleBy } from '../../../src/commands/webhooks/answers.ts';
import { claimOf, signedBy, verify as verifyClaim } from '../../../src/retell/signature.ts';
import { bare, signature } from './door.ts';

const fixtures = new URL('../../fixtures/', import.meta.url);
const vectors = JSON.parse(readFileSync(new URL('test-vectors.json', fixtures), 'utf8'));
const minimal = vectors.vectors[0];

const keyNamed = (key: string, keyId = 'k1') => ({ keyId, key });
type Keys = Parameters<typeof verifyClaim>[2];
/** As the door asks: first the header, then the bytes. */
function verify(body: Uint8Array, header: string | undefined, keys: Keys, bareToo: boolean, now: number) {
  const claim = claimOf(header ?? '', now);
  return 'refusal' in claim
    ? { authentic: false as const, reason: claim.refusal }
    : verifyClaim(claim, body, keys, bareToo);
}
const verdictOf = (
  body: string | Uint8Array,
  header: string | undefined,
  key: string,
  now: number,
  bareToo = false,
) => {
  const verdict = verify(Buffer.from(body as string), header, [keyNamed(key)], bareToo, now);
  return verdict.authentic ? verdict.form : verdict.reason;
};

test.each(vectors.vectors as (typeof minimal)[])('the vendor’s vector $name verifies', (v) => {
  expect(verdictOf(v.body, v.header, v.key, v.timestamp_ms)).toBe('timed');
});

test.each(vectors.vectors as (typeof minimal)[])('the digest of the body alone does not, for $name', (v) => {
  const digest = v.hmac_of_body_only_hex_MUST_NOT_VERIFY;
  expect(verdictOf(v.body, `v=${v.timestamp_ms},d=${digest}`, v.key, v.timestamp_ms)).toBe('sig_mismatch');
  expect(verdictOf(v.body, digest, v.key, v.timestamp_ms)).toBe('sig_malformed');
  expect(verdictOf(v.body, digest, v.key, v.timestamp_ms, true)).toBe('bare');
});

test.each(vectors.sample_file_signatures as { file: string; key: string; timestamp_ms: number; header: string }[])(
  'the bytes of $file verify',
  ({ file, key, timestamp_ms, header }) => {
    expect(verdictOf(readFileSync(new URL(file, fixtures)), header, key, timestamp_ms)).toBe('timed');
  },
);

const reasons: Record<string, string> = {
  'valid, clock = v': 'timed',
  'valid, clock = v + 300000 ms': 'timed',
  'stale by 1 ms': 'sig_stale',
  'upper-case hex digest': 'timed',
  'v/d with a body-only digest': 'sig_mismatch',
  empty: 'sig_missing',
  'seconds timestamp, digest over seconds': 'sig_stale',
};
test.each(
  vectors.header_cases_for_vector_ascii_minimal as {
    name: string;
    header: string;
    now_ms: number;
    sdk_5_66_1_verifies: boolean;
  }[],
)('header case: $name', async ({ name, header, now_ms, sdk_5_66_1_verifies }) => {
  const verdict = verdictOf(minimal.body, header, minimal.key, now_ms);
  expect(verdict).toBe(reasons[name] ?? 'sig_malformed');
  expect(verdict === 'timed').toBe(sdk_5_66_1_verifies);
  expect(await symmetric.verify(minimal.body, minimal.key, header, { timestamp: now_ms })).toBe(sdk_5_66_1_verifies);
});

const at = 1_714_608_500_000;
const d = createHmac('sha256', 'k').update('body').update(String(at)).digest('hex');
test.each([
  ['V and D in capitals', `V=${at},D=${d}`, 'timed'],
  ['a leading zero, which the SDK drops', `v=00${at},d=${d}`, 'timed'],
  ['a negative time', `v=-${at},d=${d}`, 'sig_malformed'],
  ['a time beyond what a number holds', `v=9007199254740993,d=${d}`, 'sig_malformed'],
  ['a time of a thousand digits', `v=${'9'.repeat(1000)},d=${d}`, 'sig_malformed'],
  ['66 digits', `v=${at},d=${d}00`, 'sig_malformed'],
  ['a prefix', `sha256=${d}`, 'sig_malformed'],
  ['a further part', `v=${at},d=${d},x=1`, 'sig_malformed'],
  ['a line feed at the end', `v=${at},d=${d}\n`, 'sig_malformed'],
  ['no header', undefined, 'sig_missing'],
])('header with %s', (_, header, expected) => {
  expect(verdictOf('body', header, 'k', at)).toBe(expected);
});

test.each([
  [300_000, 'timed'],
  [-300_000, 'timed'],
  [300_001, 'sig_stale'],
  [-300_001, 'sig_stale'],
])('a clock %d ms away', (skew, expected) => {
  expect(verdictOf('body', `v=${at},d=${d}`, 'k', at + skew)).toBe(expected);
});

test('stale is said before mismatch, whoever asks', () => {
  expect(verdictOf('other', `v=${at},d=${d}`, 'k', at + 300_001)).toBe('sig_stale');
});

describe('any single changed byte', () => {
  const body = Buffer.from('{"event":"call_ended","call":{"call_id":"c"}}');
  const header = signature(body, 'k', at);
  const flipped = (bytes: Buffer, i: number, bit: number) => {
    const copy = Buffer.from(bytes);
    copy[i] = copy[i]! ^ (1 << bit);
    return copy;
  };
  test('of the body', () => {
    for (let i = 0; i < body.length; i++)
      for (let bit = 0; bit < 8; bit++) expect(verdictOf(flipped(body, i, bit), header, 'k', at)).toBe('sig_mismatch');
  });
  test('of the header, unless it only changes the case', () => {
    for (let i = 0; i < header.length; i++)
      for (let bit = 0; bit < 8; bit++) {
        const text = flipped(Buffer.from(header), i, bit).toString('latin1');
        const same = text.toLowerCase() === header.toLowerCase();
        expect(verdictOf(body, text, 'k', at) === 'timed', text).toBe(same);
      }
  });
});

test('whatever we take, the vendor’s SDK takes, and the other way round', async () => {
  const header = fc.oneof(
    fc
      .tuple(fc.constantFrom('v', 'V', ' v', ''), fc.constantFrom('', '0', '+', '-'), fc.constantFrom(',', ', ', ';'))
      .map(([v, zero, comma]) => `${v}=${zero}${at}${comma}d=${d}`),
    fc
      .tuple(fc.integer({ min: -400_000, max: 400_000 }), fc.constantFrom('body', 'other'))
      .map(([skew, text]) => signature(text, 'k', at + skew)),
    fc.string(),
  );
  await fc.assert(
    fc.asyncProperty(header, async (h) => {
      const ours = verdictOf('body', h, 'k', at) === 'timed';
      expect(await symmetric.verify('body', 'k', h, { timestamp: at })).toBe(ours);
    }),
    { numRuns: 300 },
  );
});

describe('keys', () => {
  const body = Buffer.from('body');
  const both = [keyNamed('old', 'k-old'), keyNamed('new', 'k-new')];
  test.each(['old', 'new'])('each of two is accepted during a rotation, and named: %s', (key) => {
    expect(verify(body, signature(body, key, at), both, false, at)).toMatchObject({ keyId: `k-${key}` });
  });
  test('a third is not', () => {
    expect(verify(body, signature(body, 'third', at), both, false, at).authentic).toBe(false);
  });
  test('without any key nothing verifies', () => {
    expect(verify(body, signature(body, '', at), [], false, at)).toEqual({ authentic: false, reason: 'sig_mismatch' });
  });
  test('an empty key never throws and never verifies', () => {
    const verdict = verify(body, signature(body, '', at), [keyNamed('')], false, at);
    expect(verdict).toEqual({ authentic: false, reason: 'sig_mismatch' });
    expect(verify(body, bare(body, ''), [keyNamed('')], true, at).authentic).toBe(false);
  });
});

test('bare hex that does not verify is malformed, opted in or not', () => {
  expect(verdictOf('body', bare('body', 'other'), 'k', at, true)).toBe('sig_malformed');
});

test('stored evidence verifies at any time, with the key that signed it only', () => {
  const body = Buffer.from('body');
  expect(signedBy(keyNamed('k'), body, `v=${at},d=${d}`)).toBe(true);
  expect(signedBy(keyNamed('k'), body, bare(body, 'k'))).toBe(true);
  expect(signedBy(keyNamed('other'), body, `v=${at},d=${d}`)).toBe(false);
  expect(signedBy(keyNamed('k'), Buffer.from('bodx'), `v=${at},d=${d}`)).toBe(false);
});

const NOW = Date.now();

test('a tenant that nobody registered, one with a key and one in a rotation take alike', () => {
  const body = Buffer.alloc(512 * 1024, 'x');
  const header = signature(body, 'the key of somebody else', NOW);
  const fastest = [0, 1, 2].map(() => Number.POSITIVE_INFINITY);
  // The fastest of many in turn: whatever else the machine does makes only some of them slower.
  for (let round = 0; round < 30; round++)
    for (const count of [0, 1, 2]) {
      const keys = Array.from({ length: count }, (_, i) => keyNamed(`key-${i}`));
      const began = performance.now();
      expect(verify(body, header, keys, false, NOW)).toEqual({ authentic: false, reason: 'sig_mismatch' });
      fastest[count] = Math.min(fastest[count]!, performance.now() - began);
    }
  expect(Math.max(...fastest) / Math.min(...fastest)).toBeLessThan(1.4);
});

test('of a stale signature it is said by how much', () => {
  const at = 1_714_608_475_945;
  const said = (now: number) => {
    const claim = claimOf(`v=${at},d=${'0'.repeat(64)}`, now);
    return 'aheadMs' in claim ? staleBy(claim.aheadMs) : claim;
  };
  expect(said(at + 412_000)).toMatch(/^The signature is 412 s behind the clock here, and 300 s are taken/);
  expect(said(at - 300_001)).toMatch(/^The signature is 301 s ahead of the clock here/);
});
