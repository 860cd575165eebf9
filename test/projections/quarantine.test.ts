import { expect, test } from 'vitest';
import { decode, type Fact } from '../../src/events/codec.ts';
import type { QuarantineEvent } from '../../src/events/raw-delivery.ts';
import { reduceQuarantine } from '../../src/projections/quarantine.ts';

const digest = 'a'.repeat(64);
/** As it stands in logs from the first release on. Never edit it. */
const stored = (revision: bigint, type: string, data: unknown, metadata: object) => {
  const fact = decode({
    stream: `quarantine-acme.${digest}`,
    revision,
    position: 100n + revision,
    id: '5f3d8f0e-5c1b-5b0f-9a4e-2d7c81b5a9e3',
    type,
    data,
    metadata,
    recordedAt: `2026-01-31T09:30:0${revision}.000Z`,
  });
  return fact as Fact<QuarantineEvent>;
};
const listed = stored(
  1n,
  'DeliveryQuarantined',
  { reason: 'untranslatable', endpoint: 'retell', receivedAt: '2026-01-31T09:30:00.000Z', size: 17 },
  {
    tenantId: 'acme',
    source: 'webhook',
    endpoint: 'retell',
    receivedAt: '2026-01-31T09:30:00.000Z',
    $correlationId: digest,
  },
);
const released = (revision: bigint, factId: string) =>
  stored(
    revision,
    'DeliveryReleased',
    { callId: 'call_1', factId },
    { tenantId: 'acme', source: 'command', receivedAt: '2026-02-01T09:30:00.000Z', $correlationId: 'call_1' },
  );

const row = {
  tenant_id: 'acme',
  id: `acme.${digest}`,
  endpoint: 'retell',
  reason: 'untranslatable',
  received_at: '2026-01-31T09:30:00.000Z',
  size: 17,
  created_at: '2026-01-31T09:30:01.000Z',
};

test('a delivery that was set aside is one row, whose id is the name of its stream', () =>
  expect(reduceQuarantine(undefined, listed)).toEqual(row));

test('its release is told beside it, the first one for good', () => {
  const state = [released(2n, 'fact-1'), released(3n, 'fact-2')].reduce(
    reduceQuarantine,
    reduceQuarantine(undefined, listed),
  );
  expect(state).toEqual({
    ...row,
    released_at: '2026-01-31T09:30:02.000Z',
    released_call_id: 'call_1',
    released_fact_id: 'fact-1',
  });
});

test('the same again changes nothing', () => {
  const later = { ...listed, recordedAt: '2026-05-05T05:05:05.000Z' };
  expect(reduceQuarantine(reduceQuarantine(undefined, listed), later)).toEqual(row);
});
