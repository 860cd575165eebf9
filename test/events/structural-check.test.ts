import { expect, test } from 'vitest';
import { z } from 'zod';
import { callEventSchemas } from '../../src/events/call-facts.ts';
import { FactMetadata } from '../../src/events/metadata.ts';
import { quarantineEventSchemas } from '../../src/events/raw-delivery.ts';
import { structuralCheck } from '../../src/events/structural-check.ts';
import { tenantEventSchemas } from '../../src/events/tenant-facts.ts';

const at = '2026-01-31T09:30:00.000Z';
const whole: readonly (readonly [name: string, schema: z.ZodType, value: object])[] = [
  [
    'CallAnalyzed',
    callEventSchemas.CallAnalyzed,
    {
      ...{ callId: 'call_1', direction: 'inbound', agentId: 'a', callStatus: 'ended', startedAt: at, endedAt: at },
      ...{ durationMs: 60_000, tenantMismatch: true, userSpoke: false, analysed: true, successful: true },
      ...{ flags: { appointment_confirmed: 'yes' }, collectedFlags: { qualified: 1 }, personalParts: 2 },
      personal: {
        ...{ fromNumber: '+4930123456', transcript: 'Agent: Hello', custom: { deep: { list: [null, {}] } } },
        transferDestination: { number: '+4930123457' },
      },
    },
  ],
  ['CallTextPart', callEventSchemas.CallTextPart, { factId: 'f', part: 0, text: '' }],
  [
    'metadata',
    FactMetadata,
    {
      ...{ tenantId: 't', source: 'webhook', endpoint: 'retell', receivedAt: at, occurredAt: at, timeZone: 'UTC' },
      ...{ fieldNames: { outcome: ['ergebnis'] }, qualification: { qualified: 'new' }, $correlationId: 'c' },
      evidence: { deliveryId: 'd', sha256: 's', bytes: 3, keyId: 'k' },
    },
  ],
  [
    'DeliveryReleased',
    quarantineEventSchemas.DeliveryReleased,
    { callId: 'call_1', factId: '5f3d8f0e-5c1b-5b0f-9a4e-2d7c81b5a9e3' },
  ],
  [
    'SettingsChanged',
    tenantEventSchemas.SettingsChanged,
    { settings: { mail: { enabled: true, recipients: ['office@acme.example'] }, agentEndpoints: { a: 'retell' } } },
  ],
];

/** The value with one thing in it made into another, or left out, or added to, for each place in it. */
function* spoilt(value: unknown): Iterable<unknown> {
  yield* [undefined, null, '', 'x', '2026-13-01T00:00:00.000Z', 0, -1, 1.5, Number.NaN, true, false, [], [1], {}];
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) for (const other of spoilt(item)) yield value.with(i, other);
  } else if (typeof value === 'object' && value !== null) {
    yield { ...value, unheardOf: 1 };
    yield { ...value, constructor: 1 };
    yield JSON.parse(`${JSON.stringify(value).slice(0, -1)},"__proto__":{"x":1}}`.replace('{,', '{'));
    for (const [name, item] of Object.entries(value)) {
      const { [name]: _, ...rest } = value as Record<string, unknown>;
      yield rest;
      for (const other of spoilt(item)) yield { ...rest, [name]: other };
    }
  }
}

test.each(whole)('%s: what is as it should be is seen at once', (_, schema, value) => {
  expect(structuralCheck(schema)(value)).toBe(true);
});

test.each(whole)('%s: nothing passes that the schema would refuse or change', (_, schema, value) => {
  const isPlain = structuralCheck(schema);
  let asked = 0;
  for (const other of spoilt(value)) {
    asked++;
    if (isPlain(other)) expect(schema.parse(other), JSON.stringify(other)).toStrictEqual(other);
  }
  expect(asked).toBeGreaterThan(30);
});

test('what may change a value, or is not known, is left to the schema', () => {
  for (const schema of [
    z.string().trim(),
    z.string().default('x'),
    z.union([z.string(), z.object({})]),
    z.custom<string>((value) => value === 'x'),
    z.array(z.string()).max(1),
  ])
    for (const value of [' x', undefined, {}, ['x', 'y']]) expect(structuralCheck(schema)(value)).toBe(false);
});
