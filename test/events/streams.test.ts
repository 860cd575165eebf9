import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTenantId, isUsableId } from '../../src/events/identity.ts';
import {
  appointmentStream,
  callStream,
  categories,
  evidenceStream,
  parseStream,
  prefixOf,
  quarantineStream,
  sessionStream,
  tenantStream,
} from '../../src/events/streams.ts';

const tenantId = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/);
const id = fc.string({ minLength: 1, unit: 'grapheme' });
const composed = [
  ['call', callStream],
  ['session', sessionStream],
  ['appointment', appointmentStream],
  ['evidence', evidenceStream],
  ['quarantine', quarantineStream],
] as const;

test('a stream name says whose it is and of what', () =>
  fc.assert(
    fc.property(tenantId, id, (tenant, thing) => {
      expect(isTenantId(tenant)).toBe(true);
      for (const [category, stream] of composed)
        expect(parseStream(stream(tenant, thing))).toEqual({ category, tenantId: tenant, id: thing });
      expect(parseStream(tenantStream(tenant))).toEqual({ category: 'tenant', tenantId: tenant, id: '' });
    }),
  ));

test('no id of one tenant names a stream of another', () =>
  fc.assert(
    fc.property(tenantId, tenantId, id, id, (a, b, x, y) => {
      fc.pre(a !== b);
      for (const [, stream] of composed) expect(stream(a, x)).not.toBe(stream(b, y));
    }),
    {
      examples: [
        ['a', 'a-b', '-b.x', 'x'],
        ['a', 'b', '.b.x', 'x'],
        ['a', 'a_', '_.x', 'x'],
      ],
    },
  ));

test('every category has its own prefix, and none is the beginning of another', () => {
  const prefixes = categories.map(prefixOf);
  for (const a of prefixes) expect(prefixes.filter((b) => b.startsWith(a))).toEqual([a]);
});

test.each(['$settings', '$$call-acme.1', 'call', 'call-acme', 'Call-acme.1', 'calls-acme.1', ''])(
  '%j is no stream of ours',
  (name) => expect(parseStream(name)).toBeUndefined(),
);

test.each([
  ['a', true],
  ['0', true],
  ['acme_1-b', true],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['', false],
  ['-a', false],
  ['_a', false],
  ['Acme', false],
  ['a.b', false],
  ['a b', false],
  ['ä', false],
  ['a\n', false],
  [1, false],
  [undefined, false],
])('%j as a tenant id: %j', (value, expected) => expect(isTenantId(value)).toBe(expected));

test.each([
  ['call_1', true],
  ['ä/✓ ?#', true],
  ['x'.repeat(512), true],
  ['x'.repeat(513), false],
  ['ä'.repeat(256), true],
  ['ä'.repeat(257), false],
  ['', false],
  ['a\u0000b', false],
  ['a\nb', false],
  ['a\u007f', false],
  ['a\u0085', false],
  ['\ud800', false],
  [7, false],
  [null, false],
  [{}, false],
])('%j as a call or correlation id: %j', (value, expected) => expect(isUsableId(value)).toBe(expected));
