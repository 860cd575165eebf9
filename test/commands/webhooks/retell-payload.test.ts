import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callEventSchemas } from '../../../src/events/call-facts.ts';
import { factId } from '../../../src/events/identity.ts';
import { truthOf as truth } from '../../../src/model/words.ts';
import { readPayload } from '../../../src/retell/payload.ts';
import { occurredAt, translateCall, translatePayload } from '../../../src/retell/translate.ts';
import { sampleBytes, sampleFiles } from '../../support/samples.ts';
import { analysedCall, owner, translated } from './translated.ts';

const names = sampleFiles();
const sample = (name: string) => JSON.parse(sampleBytes(name).toString());

test.each(names)('%s becomes a fact of ours, of which the log holds every field', (name) => {
  const { type, data } = translated(sample(name));
  expect(callEventSchemas[type].parse(data)).toEqual(data);
  expect(JSON.parse(JSON.stringify(data))).toEqual(data);
});

test('a confirmed reminder call', () => {
  expect(translated(sample('03_outbound_call_analyzed_confirmed_boolean.json'))).toMatchObject({
    type: 'CallAnalyzed',
    data: {
      callId: 'call_9902dbf707470e41ba717c4896d',
      direction: 'outbound',
      callStatus: 'ended',
      disconnectionReason: 'user_hangup',
      startedAt: '2026-11-02T10:00:00.000Z',
      callSessionId: 'cs_ob1',
      appointmentId: 'apt_987',
      contactId: 'con_321',
      userSpoke: true,
      analysed: true,
      inVoicemail: false,
      successful: true,
      flags: { appointment_confirmed: true },
      personal: { fromNumber: '+442079460018', toNumber: '+447700900123', sentiment: 'Positive' },
    },
  });
});

test.each([
  ['call_started', 'CallStarted'],
  ['call_ended', 'CallEnded'],
  ['call_analyzed', 'CallAnalyzed'],
  ['transfer_started', 'TransferStarted'],
  ['transfer_bridged', 'TransferBridged'],
  ['transfer_cancelled', 'TransferCancelled'],
  ['transfer_ended', 'TransferEnded'],
  ['call_sentiment_shifted', 'CallEventUnrecognized'],
  ['constructor', 'CallEventUnrecognized'],
])('%s is %s', (event, type) => {
  expect(translated({ event, call: { call_id: 'c' } }).type).toBe(type);
});

test('the deprecated shape, with the call under data', () => {
  expect(translated({ event: 'call_ended', data: { call_id: 'c', agent_id: 'a' } }).data).toEqual({
    callId: 'c',
    agentId: 'a',
  });
});

describe('identity', () => {
  const idOf = (envelope: unknown) => {
    const { type, data } = translated(envelope);
    return factId('default', data.callId, type, data);
  };
  test.each(['71_call_ended_retry_with_new_event_timestamp.json', '67_unknown_future_event.json'])(
    'a new event_timestamp is the same fact: %s',
    (name) => {
      expect(idOf({ ...sample(name), event_timestamp: 1 })).toBe(idOf(sample(name)));
    },
  );
  test('other content is another fact, even of an event that nobody knows', () => {
    const unknown = sample('67_unknown_future_event.json');
    expect(idOf({ ...unknown, more: 1 })).not.toBe(idOf(unknown));
    const known = sample('03_outbound_call_analyzed_confirmed_boolean.json');
    const changed = structuredClone(known);
    changed.call.call_analysis.custom_analysis_data.appointment_confirmed = false;
    expect(idOf(changed)).not.toBe(idOf(known));
  });
  test('what the API says of a call is the same fact as its webhook', () => {
    const { call } = sample('03_outbound_call_analyzed_confirmed_boolean.json');
    const api = translateCall('CallAnalyzed', call.call_id, call, owner);
    expect(api).toEqual(translated({ event: 'call_analyzed', call }));
  });
});

test('occurrence is event_timestamp, where it is a time', () => {
  expect(occurredAt({ event_timestamp: 1_793_613_600_180 })).toBe('2026-11-02T10:00:00.180Z');
  for (const odd of ['1793613600180', 0, -1, 1_793_613_600, 1e300, null, {}])
    expect(occurredAt({ event_timestamp: odd })).toBeUndefined();
});

test.each([
  [{ call_type: 'web_call' }, 'web'],
  [{ call_type: 'web_call', direction: 'inbound' }, 'web'],
  [{ call_type: 'phone_call', direction: 'inbound' }, 'inbound'],
  [{ direction: 'outbound' }, 'outbound'],
  [{ direction: 'sideways' }, undefined],
  [{}, undefined],
])('direction of %j: %s', (call, direction) => {
  expect(analysedCall(call).direction).toBe(direction);
});

test('a field of a wrong type is absent, and nothing else is lost', () => {
  const wrong = {
    call_type: 1,
    direction: ['inbound'],
    agent_id: 17,
    agent_name: {},
    call_status: null,
    disconnection_reason: 'x'.repeat(513),
    start_timestamp: '2026',
    end_timestamp: 9e15,
    duration_ms: -1,
    metadata: 'cs_1',
    from_number: 12025550100,
    to_number: '   ',
    transcript: 5,
    transcript_object: {},
    recording_url: [],
    call_analysis: 'fine',
    retell_llm_dynamic_variables: [],
    collected_dynamic_variables: 'x',
    transfer_destination: null,
  };
  expect(analysedCall({ ...wrong, agent_name: 'Front Desk' })).toEqual({ callId: 'c', agentName: 'Front Desk' });
});

describe('metadata', () => {
  test('ids in camel case are the fallback; what is no id is ignored', () => {
    expect(
      analysedCall({ metadata: { callSessionId: 'cs', appointment_id: 'a', appointmentId: 'b', contact_id: 7 } }),
    ).toEqual({
      callId: 'c',
      callSessionId: 'cs',
      appointmentId: 'a',
    });
    expect(
      analysedCall({ metadata: { call_session_id: 'c'.repeat(513), appointment_id: 'a\u0000', contact_id: '' } }),
    ).toEqual({
      callId: 'c',
    });
  });
  const acme = { tenantId: 'acme', isTenant: (name: string) => ['acme', 'other', 'default'].includes(name) };
  test.each([
    ['acme', undefined, acme, false],
    ['acme', null, acme, false],
    ['acme', 'acme', acme, false],
    ['acme', 'other', acme, true],
    ['acme', 'nobody', acme, true],
    ['acme', 'default', acme, true],
    ['acme', 7, acme, true],
    ['acme', '', acme, false],
    ['acme', ' ACME ', acme, false],
    ['acme', 'N/A', acme, false],
    ['acme', '{{tenant_id}}', acme, false],
    ['acme', ['acme'], acme, true],
    ['default', 'default', owner, false],
    ['default', 'tnt_123', owner, false],
    ['default', 'acme', owner, true],
    ['default', 7, owner, false],
  ])('tenant %s, payload names %j', (_, tenant_id, by, foreign) => {
    const data = analysedCall(
      { metadata: { ...(tenant_id === undefined ? {} : { tenant_id }), appointment_id: 'a' } },
      by,
    );
    expect(data).toEqual(foreign ? { callId: 'c', tenantMismatch: true } : { callId: 'c', appointmentId: 'a' });
  });
});

test('where a transfer goes: beside the call on transfer events, in it else', () => {
  const { data } = translated(sample('46_transfer_started.json'));
  expect(data.personal?.transferDestination).toEqual({ number: '+12025550177', extension: null });
  expect(analysedCall({ transfer_destination: '+12025550177' }).personal?.transferDestination).toBe('+12025550177');
});

test('words that are true, false, and nothing', () => {
  for (const yes of [true, 1, 'true', 'True ', ' YES', 'y', 'on', '1']) expect(truth(yes)).toBe(true);
  for (const no of [false, 0, 'false', 'No', 'n', 'OFF ', '0']) expect(truth(no)).toBe(false);
  for (const other of [null, undefined, '', ' ', 2, 'maybe', {}, [], [true], Number.NaN])
    expect(truth(other)).toBeUndefined();
});

describe('what cannot be read is told apart', () => {
  const deep = (n: number) => `{"event":"x","call":{"call_id":"c","a":${'['.repeat(n)}${']'.repeat(n)}}}`;
  test.each([
    ['', 'not_json'],
    ['{"event":', 'not_json'],
    ['\u001f\u008b\u0008', 'not_json'],
    ['[]', 'schema_invalid'],
    ['null', 'schema_invalid'],
    ['"call_ended"', 'schema_invalid'],
    ['{"call":{"call_id":"c"}}', 'schema_invalid'],
    ['{"event":"","call":{"call_id":"c"}}', 'schema_invalid'],
    [`{"event":"${'e'.repeat(201)}","call":{"call_id":"c"}}`, 'schema_invalid'],
    ['{"event":7,"call":{"call_id":"c"}}', 'schema_invalid'],
    ['{"event":"call_ended"}', 'schema_invalid'],
    ['{"event":"call_ended","call":[]}', 'schema_invalid'],
    ['{"event":"call_ended","call":{}}', 'schema_invalid'],
    ['{"event":"call_ended","call":{"call_id":7}}', 'schema_invalid'],
    ['{"event":"call_ended","call":{"call_id":""}}', 'call_id_invalid'],
    ['{"event":"call_ended","call":{"call_id":"a\\u0000"}}', 'call_id_invalid'],
    ['{"event":"call_ended","call":{"call_id":"\\ud800"}}', 'call_id_invalid'],
    [`{"event":"call_ended","call":{"call_id":"${'ü'.repeat(257)}"}}`, 'call_id_invalid'],
    [deep(99), 'too_deep'],
    [deep(10_000), 'too_deep'],
    [`${'['.repeat(1_000_000)}`, 'too_deep'],
  ])('%.40s', (text, reason) => {
    expect(readPayload(Buffer.from(text))).toMatchObject({ unreadable: reason });
  });
  test('brackets in text are not depth', () => {
    expect(
      readPayload(Buffer.from(`{"event":"x","call":{"call_id":"c","t":"${'[{\\"'.repeat(500)}"}}`)),
    ).toHaveProperty('callId');
    expect(readPayload(Buffer.from(deep(97)))).toHaveProperty('callId');
  });
  test('a BOM is not part of the text', () => {
    expect(readPayload(Buffer.from('\ufeff{"event":"x","call":{"call_id":"c"}}'))).toHaveProperty('callId', 'c');
  });
  test('broken UTF-8 matters in the names only', () => {
    const broken = (call: string) => Buffer.from(`{"event":"x","call":${call}}`, 'latin1');
    expect(readPayload(broken('{"call_id":"c","transcript":"Gr\xfc\xdf"}'))).toHaveProperty('callId', 'c');
    expect(readPayload(broken('{"call_id":"c\xfc"}'))).toEqual({ unreadable: 'call_id_invalid', event: 'x' });
    expect(readPayload(Buffer.from('{"event":"x","call":{"call_id":"c\ufffd"}}'))).toHaveProperty('callId', 'c\ufffd');
  });
});

test('any JSON anywhere in a call makes a fact that the log can hold', () => {
  const shape = sample('03_outbound_call_analyzed_confirmed_boolean.json').call;
  const call = fc.record(Object.fromEntries(Object.keys(shape).map((key) => [key, fc.jsonValue()])), {
    requiredKeys: [],
  });
  const analysis = fc.record({
    call_analysis: fc.record({ custom_analysis_data: fc.jsonValue(), other: fc.jsonValue() }),
  });
  fc.assert(
    fc.property(call, analysis, fc.string({ minLength: 1, maxLength: 50 }), (a, b, event) => {
      const payload = readPayload(Buffer.from(JSON.stringify({ event, call: { ...a, ...b, call_id: 'c' } })));
      if (!('callId' in payload)) return;
      const { type, data } = translatePayload(payload, owner);
      callEventSchemas[type].parse(data);
    }),
    { numRuns: 500 },
  );
});
