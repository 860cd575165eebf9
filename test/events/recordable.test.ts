import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { UnrecordableEvent } from '../../src/events/codec.ts';
import type { NewEvent } from '../../src/events/event-log.ts';
import type { JsonObject } from '../../src/events/json.ts';
import { storeOfFile } from '../support/store-of-file.ts';

const { log } = await storeOfFile();

const metadata = {
  tenantId: 'acme',
  source: 'command',
  receivedAt: '2026-01-31T09:30:00.000Z',
  $correlationId: 'call_1',
};
const newStream = () => `call-acme.${randomUUID()}`;
/** As code without types could hand it over. */
const event = (type: string, data: unknown, meta: unknown = metadata): NewEvent => ({
  id: randomUUID(),
  type,
  data: data as JsonObject,
  metadata: meta as JsonObject,
});
const rawPart = {
  ...{ tenantId: 'acme', deliveryId: 'd', part: 0, parts: 1, sha256: 's', bytes: 1, signatureHeader: 'v=1,d=2' },
  ...{ keyId: 'k', verdict: 'authentic', receivedAt: metadata.receivedAt },
};
const circular: Record<string, unknown> = {};
circular.self = circular;

describe('what could not be read back is not sent:', () => {
  test.each([
    [
      'a year of five digits',
      event('AppointmentChanged', { startsAt: '+010000-01-01T04:30:00.000Z' }),
      'data.startsAt invalid_format',
    ],
    [
      'a year before the first',
      event('CallEnded', { callId: 'c', endedAt: '-000001-12-31T00:00:00.000Z' }),
      'data.endedAt invalid_format',
    ],
    ['a field of another type', event('TicketStatusSet', { callId: 1, status: 'new' }), 'data.callId invalid_type'],
    ['a word that is none', event('TicketStatusSet', { callId: 'c', status: 'open' }), 'data.status invalid_value'],
    ['a field that is missing', event('CallPlaced', {}), 'data.retellCallId invalid_type'],
    [
      'a number that JSON cannot say',
      event('CallEnded', { callId: 'c', durationMs: Number.NaN }),
      'data.durationMs invalid_type',
    ],
    ['no object', event('CallArchived', null), 'data invalid_type'],
    ['nothing at all', event('CallArchived', undefined), 'data invalid_type'],
    ['what JSON has no word for', event('CallArchived', { by: 1n }), 'data invalid_type'],
    ['what never ends', event('CallArchived', circular), 'data invalid_type'],
    ['bytes in the place of a fact', event('CallArchived', new Uint8Array([1])), 'data bytes'],
    [
      'metadata of nobody',
      event('CallArchived', {}, { ...metadata, tenantId: undefined }),
      'metadata.tenantId invalid_type',
    ],
    [
      'metadata of no time',
      event('CallArchived', {}, { ...metadata, receivedAt: '+010000-01-01T00:00:00.000Z' }),
      'metadata.receivedAt invalid_format',
    ],
    [
      'evidence without a digest',
      event('RawDeliveryPart', new Uint8Array([1]), { ...rawPart, sha256: null }),
      'metadata.sha256 invalid_type',
    ],
    ['evidence that is no bytes', event('RawDeliveryPart', {}, rawPart), 'data not_bytes'],
    [
      'a key without its session',
      event('IdempotencyKeyUsed', { requestDigest: 'd' }),
      'data.callSessionId invalid_type',
    ],
    ['a place that is none', event('OpenRequestsSeen', { after: '-1', open: [] }, {}), 'data.after invalid_format'],
    ['a beginning that is none', event('ReactionStarted', { after: 5 }, {}), 'data.after invalid_type'],
  ])('%s', async (_, broken, fault) => {
    const stream = newStream();
    const sound = event('CallArchived', { by: 'key' });
    const refused = await log.append(stream, 'no_stream', [sound, broken]).catch((error) => error);
    expect(refused).toBeInstanceOf(UnrecordableEvent);
    expect(refused.message).toBe(`${broken.type} cannot be recorded: ${fault}`);
    expect(await log.read(stream), 'nor what came with it').toEqual([]);
  });
});

test('the refusal quotes nothing of what the event says', async () => {
  const said = event('CallEnded', { callId: { name: 'Jane Roe' }, personal: { transcript: ['Jane Roe'] } });
  const refused = await log.append(newStream(), 'no_stream', [said]).catch((error) => error);
  expect(refused).toBeInstanceOf(UnrecordableEvent);
  expect(JSON.stringify([refused, refused.message])).not.toContain('Jane Roe');
});

describe('is sent, and reads back as it was looked at:', () => {
  test.each([
    [
      'text that UTF-8 cannot write',
      { personal: { transcript: '\ud800 \0 \udfff' } },
      { personal: { transcript: '\ud800 \0 \udfff' } },
    ],
    [
      'what JSON replaces',
      { flags: { list: [undefined, Number.NaN], n: Number.POSITIVE_INFINITY } },
      { flags: { list: [null, null], n: null } },
    ],
    ['a field that is undefined', { agentId: undefined }, {}],
    ['a field of a later version', { mood: 'good' }, { mood: 'good' }],
  ])('%s', async (_, said, kept) => {
    const stream = newStream();
    await log.append(stream, 'no_stream', [event('CallEnded', { callId: 'c', ...said })]);
    expect((await log.read(stream)).map(({ data }) => data)).toEqual([{ callId: 'c', ...kept }]);
  });

  test('a type that this version does not know', async () => {
    const stream = newStream();
    await log.append(stream, 'no_stream', [event('CallSneezed', { loudly: true }, {})]);
    expect(await log.read(stream)).toHaveLength(1);
  });
});
