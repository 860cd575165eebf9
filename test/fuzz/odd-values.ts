import type { Json, JsonObject } from '../../src/events/json.ts';
import type { Random } from '../../src/retell-emulator/random.ts';

// What has broken readers of webhooks before: the ends of ranges, words for nothing, types that pretend, text that
// stores refuse.

export const oddTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udc00y',
  '\u200b',
  '\u202etxt.exe',
  'e\u0301',
  '👩‍👩‍👧',
  'ß'.repeat(300),
  'x'.repeat(513),
  'line\r\nBcc: someone@example.test',
  '<script>alert(1)</script>',
  "'; drop table call_sessions; --",
  '<%= it.secret %>',
  '../../etc/passwd',
  '%00',
  '__proto__',
  'constructor',
  'toString',
  'undefined',
  'null',
  'None',
  'N/A',
  'not mentioned',
  '[object Object]',
  '{{appointment_id}}',
  '-',
  '0',
  '00000000-0000-0000-0000-000000000000',
  'Yes.',
  '"true"',
  'FALSE',
  'Confirmed.',
  'rescheduled',
  'voicemail',
  'anonymous',
  '+10000000000',
  '266696687',
  'sip:a@b',
  '2026-12-10T14:30',
  '9999-12-31T23:30:00-05:00',
  '9999-12-31T23:59:59Z',
  '0000-01-01T00:00:00+14:00',
  '0001-01-01T00:00:00+14:00',
  '+010000-01-01T00:00:00Z',
  '-000001-01-01T00:00:00Z',
  '2024-02-30T10:00:00Z',
  '2026-03-29T02:30',
  '24:00',
  '1e400',
  'NaN',
  '12345678901234567890',
];

const oddNumbers: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.1,
  1e-320,
  1e21,
  1.7976931348623157e308,
  2 ** 31,
  2 ** 53,
  2 ** 53 + 2,
  1e12,
  1_793_613_600_000,
  253_402_300_799_999,
  253_402_300_800_000,
  8.64e15,
  8.64e15 + 2,
  -62_135_596_800_001,
  99_999_999_999_999,
];

const pretenders: readonly JsonObject[] = [
  {},
  { toString: 1 },
  { toString: null, valueOf: null },
  { toJSON: 'x' },
  { constructor: { prototype: {} } },
  { length: 1e9 },
  JSON.parse('{"__proto__": {"polluted": true}, "then": 1}'),
];

/** A value of any type, mostly one of the odd ones. */
export function oddJson(random: Random, depth = 0): Json {
  const kind = random.below(depth > 3 ? 4 : 7);
  if (kind === 0) return random.pick([true, false, null]);
  if (kind === 1) return random.pick(oddNumbers);
  if (kind === 2 || kind === 3) return random.pick(oddTexts);
  if (kind === 4) return random.pick(pretenders);
  if (kind === 5) return Array.from({ length: random.below(4) }, () => oddJson(random, depth + 1));
  return Object.fromEntries(
    Array.from({ length: random.below(4) }, () => [random.pick(oddTexts), oddJson(random, depth + 1)]),
  );
}

/** JSON texts that `JSON.stringify` never writes. */
const raw: readonly string[] = [
  '1e400',
  '-1e400',
  '12345678901234567890',
  '-0.0',
  '1.0000000000000000001',
  '{"a":1,"a":2}',
  '{"__proto__":1}',
  '"\\ud83d"',
  '[[[[[[[[[[[[]]]]]]]]]]]]',
];

const markOf = (number: number): string => `raw text ${number} of ${raw.length}`;

/** Stands for one of them until the whole is written. */
export const rawMark = (random: Random): string => markOf(random.below(raw.length));

export const everyOddValue: readonly Json[] = [
  ...oddTexts,
  ...oddNumbers,
  ...pretenders,
  ...raw.map((_, number) => markOf(number)),
  ...[true, false, null, [], [[]], [{}], ['x', 1, null]],
];

export const withRaw = (json: string): string =>
  json.replace(/"raw text (\d+) of \d+"/g, (_, number: string) => raw[Number(number)]!);
