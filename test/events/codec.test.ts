import { expect, test } from 'vitest';
import { decode } from '../../src/events/codec.ts';
import type { Recorded } from '../../src/events/recorded.ts';

const metadata = {
  tenantId: 'acme',
  source: 'command',
  receivedAt: '2026-01-31T09:30:00.000Z',
  $correlationId: 'call_1',
};
const recorded = (type: string, data: unknown, meta: unknown = metadata): Recorded => ({
  stream: 'call-acme.call_1',
  revision: 3n,
  position: 42n,
  id: '5f3d8f0e-5c1b-5b0f-9a4e-2d7c81b5a9e3',
  type,
  data,
  metadata: meta,
  recordedAt: '2026-01-31T09:30:00.120Z',
});

// What stands in logs from the first release on. Never edit an entry; add one when a type gains a field.
const stored: readonly (readonly [type: string, data: unknown])[] = [
  ['CallStarted', { callId: 'call_1', direction: 'inbound', agentId: 'a', startedAt: '2026-01-31T09:00:00.000Z' }],
  [
    'CallEnded',
    {
      callId: 'call_1',
      callStatus: 'ended',
      disconnectionReason: 'user_hangup',
      startedAt: '2026-01-31T09:00:00.000Z',
      endedAt: '2026-01-31T09:01:00.000Z',
      durationMs: 60000,
      userSpoke: true,
      personal: { fromNumber: '+4930123456', transcript: 'Agent: Hello' },
    },
  ],
  [
    'CallAnalyzed',
    {
      callId: 'call_1',
      callSessionId: 's',
      appointmentId: 'ap',
      contactId: 'c',
      tenantMismatch: true,
      analysed: true,
      inVoicemail: false,
      successful: true,
      flags: { appointment_confirmed: 'yes' },
      collectedFlags: { qualified: 1 },
      personalParts: 2,
    },
  ],
  ['CallTextPart', { factId: 'f', part: 0, text: '{"transcript":' }],
  ['TransferBridged', { callId: 'call_1', personal: { transferDestination: { number: '+4930123457' } } }],
  ['CallEventUnrecognized', { callId: 'call_1', event: 'call_sneezed', payloadDigest: 'abc' }],
  ['CallArchived', { by: 'key' }],
  ['CallUnarchived', {}],
  ['CallRequested', { toNumber: '+4930123456', appointmentId: 'ap' }],
  ['CallPlaced', { retellCallId: 'call_1' }],
  ['CallPlacementFailed', { reason: 'rejected' }],
  ['AppointmentRegistered', {}],
  ['AppointmentChanged', { startsAt: '2026-02-01T09:00:00.000Z', status: 'confirmed', note: 'by phone' }],
  ['TenantRegistered', { tenantId: 'acme' }],
  [
    'SettingsChanged',
    {
      settings: {
        name: 'Acme',
        timeZone: 'Europe/Berlin',
        defaultRegion: 'DE',
        mail: { enabled: true, recipients: ['office@acme.example'] },
        acceptUntimestampedSignature: false,
        fieldNames: { outcome: ['ergebnis'] },
        sealedRetellApiKey: 'v1.00000000.AAAA',
      },
    },
  ],
  ['WebhookKeyAdded', { keyId: 'wk_1', sealedKey: 'v1.00000000.AAAA', source: 'environment' }],
  ['WebhookKeyRetired', { keyId: 'wk_1' }],
  ['ApiKeyIssued', { keyId: 'k', sha256: 'ab', scopes: ['read', 'write'] }],
  ['ApiKeyIssued', { keyId: 'k', sha256: 'ab', scopes: ['call'], name: 'dialler' }],
  ['ApiKeyRevoked', { keyId: 'k' }],
  ['KeysUsed', { uses: [{ keyId: 'k', lastUsedAt: '2026-02-01T09:00:00.000Z' }] }],
];

test.each(stored)('a stored %s is read whole', (type, data) => {
  const { id, stream, revision, position, recordedAt } = recorded(type, data);
  expect(decode(recorded(type, data))).toEqual({
    type,
    data,
    metadata,
    id,
    stream,
    revision,
    position,
    recordedAt,
  });
});

test('a webhook fact keeps how it came to be known', () => {
  const meta = {
    ...metadata,
    source: 'webhook',
    endpoint: 'retell-inbound-ticket',
    occurredAt: '2026-01-31T09:29:59.000Z',
    timeZone: 'Europe/Berlin',
    defaultRegion: 'DE',
    fieldNames: { outcome: ['ergebnis'] },
    evidence: { deliveryId: 'd', sha256: 'ab', bytes: 12, keyId: 'wk_1' },
    $causationId: 'x',
  };
  expect(decode(recorded('CallStarted', { callId: 'c' }, meta))?.metadata).toEqual(meta);
});

test.each(['CallTeleported', '$streamDeleted', '$metadata', 'toString', '__proto__', 'constructor'])(
  'a type that is not ours is passed over: %s',
  (type) => expect(decode(recorded(type, {}))).toBeUndefined(),
);

test.each([
  ['a required field is missing', recorded('CallPlaced', {})],
  ['a time is none', recorded('CallEnded', { callId: 'c', endedAt: 'yesterday' })],
  ['the data is bytes', recorded('CallStarted', new Uint8Array([1, 2]))],
  ['the metadata is missing', recorded('CallStarted', { callId: 'c' }, null)],
  ['the source is unknown', recorded('CallStarted', { callId: 'c' }, { ...metadata, source: 'rumour' })],
])('one of ours that is broken is not passed over, and named: %s', (_, broken) =>
  expect(() => decode(broken)).toThrow(`${broken.type} at call-acme.call_1@3 is broken`),
);
