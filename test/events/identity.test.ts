import fc from 'fast-check';
import stableStringify from 'fast-json-stable-stringify';
import { expect, test } from 'vitest';
import { digestOf, factId, sha256, uuidOf } from '../../src/events/identity.ts';

// Every id in every log derives from these functions: if one of these vectors changes, redeliveries are recorded twice.
test('the id of a fact is the same in every release', () => {
  expect(uuidOf('acme', 'call_1')).toBe('b639ec85-9bb9-51a8-b76f-a9f9ab04d0f7');
  expect(digestOf({ b: [1, { d: null, c: 'ä' }], a: true })).toBe(
    '984a84d42eabe78e41f00630f3e326cac4aacd4270ed5dbb4c7b01726e519241',
  );
  expect(factId('acme', 'call_1', 'CallStarted', { callId: 'call_1', direction: 'inbound' })).toBe(
    '48478b16-1fe8-5b65-8fce-13dc27e0ff31',
  );
});

test('an id is a UUID of version 5', () =>
  fc.assert(
    fc.property(fc.array(fc.string()), (parts) => {
      expect(uuidOf(...parts)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }),
  ));

test('no part runs into its neighbour', () =>
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), fc.array(fc.string(), { minLength: 1 }), (a, b) => {
      expect(uuidOf(...a) === uuidOf(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
    {
      examples: [
        [
          ['ab', 'c'],
          ['a', 'bc'],
        ],
        [['a,b'], ['a', 'b']],
        [
          ['a"', 'b'],
          ['a', '"b'],
        ],
      ],
    },
  ));

const reversed = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(reversed)
    : value !== null && typeof value === 'object'
      ? Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([k, v]) => [k, reversed(v)]),
        )
      : value;

test('a digest is that of the JSON with sorted keys, of long texts too, which are hashed in pieces', () => {
  const long = fc.string({ unit: 'binary', minLength: 1 }).map((text) => text.repeat(40_000 / text.length));
  const text = fc.oneof(fc.string({ unit: 'binary' }), long);
  const members = fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom('10', '9', 'toJSON')),
    fc.option(text, { nil: undefined }),
  );
  fc.assert(
    fc.property(fc.tuple(fc.jsonValue(), text, members, fc.date({ noInvalidDate: true })), (value) => {
      expect(digestOf(value)).toBe(sha256(stableStringify(value)));
    }),
  );
});

test('the order of keys never matters', () =>
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(digestOf(reversed(value))).toBe(digestOf(value));
    }),
  ));

test('the order in a list does, and so does every value', () => {
  const digests = [[1, 2], [2, 1], [1, '2'], { a: 1 }, { a: null }, {}, null, 'null'].map(digestOf);
  expect(new Set(digests).size).toBe(digests.length);
});

test('the same call id of another tenant, another call or another kind is another fact', () => {
  const ids = [
    factId('acme', 'call_1', 'CallStarted', {}),
    factId('other', 'call_1', 'CallStarted', {}),
    factId('acme', 'call_2', 'CallStarted', {}),
    factId('acme', 'call_1', 'CallEnded', {}),
    factId('acme', 'call_1', 'CallStarted', { a: 1 }),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});
