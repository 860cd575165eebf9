import { Hono } from 'hono';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { accept, newWordsIn } from '../../../src/commands/webhooks/accept.ts';
import { answersTo } from '../../../src/commands/webhooks/answers.ts';
import type { Recorded } from '../../../src/commands/webhooks/record.ts';
import { createMetrics } from '../../../src/http/metrics.ts';
import { measureWebhooks } from '../../../src/measurements.ts';
import { readPayload } from '../../../src/retell/payload.ts';
import { directory, someTenants } from './door.ts';

type Call = Readonly<Record<string, unknown>>;
const bytes = (call: Call, event = 'call_ended') =>
  Buffer.from(JSON.stringify({ event, call: { call_id: 'c', ...call } }));
const newIn = (call: Call, event?: string) => {
  const payload = readPayload(bytes(call, event));
  if (!('callId' in payload)) throw new Error('unreadable');
  return newWordsIn(payload);
};

describe('a word of the vendor is new', () => {
  test.each([
    ['disconnection_reason', 'robot_hung_up'],
    ['call_status', 'paused'],
    ['call_type', 'video_call'],
    ['direction', 'sideways'],
    ['data_storage_setting', 'nothing_at_all'],
  ])('in %s', (field, word) => expect(newIn({ [field]: word })).toEqual([{ field, word }]));
  test('as the name of an event', () =>
    expect(newIn({}, 'call_resumed')).toEqual([{ field: 'event', word: 'call_resumed' }]));
  test('and is not named where it looks like none', () => {
    for (const odd of ['Call +1 202 555 0142', 'x'.repeat(65), 'Zoë', 'DIAL_BUSY'])
      expect(newIn({ disconnection_reason: odd })).toEqual([{ field: 'disconnection_reason', word: undefined }]);
  });
  test.each<[Call]>([
    [{ call_status: 'ended', disconnection_reason: 'machine_detected', call_type: 'inbound_phone_call' }],
    [{ disconnection_reason: null, call_status: 7, direction: ['x'], call_type: '' }],
    [{ disconnection_reason: 'unknown', call_status: '{{status}}' }],
    [{ data_storage_setting: null }],
    [{}],
  ])('but not in %j', (call) => expect(newIn(call)).toEqual([]));
});

/** What the log has and what is counted of deliveries like these. */
async function heardOf(calls: readonly Call[], recorded: Recorded = 'recorded', endpoint = 'retell' as const) {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const metrics = createMetrics();
  const onAnswered = measureWebhooks(metrics);
  const app = new Hono();
  app.post('/', async (c) => {
    const body = Buffer.from(await c.req.arrayBuffer());
    const tenant = someTenants[0]!;
    const about = { sha256: '', signatureHeader: '', keyId: 'k', receivedAt: new Date().toISOString() };
    const delivery = { tenant, endpoint, body, ...about };
    const recorder = {
      record: async () => recorded,
      quarantine: async () => 'quarantined' as const,
      isErased: async () => false,
      forget: () => {},
      idle: async () => {},
    };
    const tenants = directory(someTenants);
    const accepted = await accept(delivery, { recorder, tenants, keepTranscriptUpdates: false });
    return answersTo(c, { handler: endpoint, tenantId: delivery.tenant.id }, logger, onAnswered).accepted(
      accepted,
      delivery,
      'timed',
    );
  });
  for (const call of calls) await app.request('/', { method: 'POST', body: new Uint8Array(bytes(call)) });
  const { values } = await metrics.unknownWords.get();
  return {
    remarks: lines.flatMap(({ msg, reason, word }) => (msg === 'webhook remark' ? [[reason, word]] : [])),
    counted: values.map(({ labels, value }) => [labels.field, labels.word, value]),
  };
}

const named = { metadata: { call_session_id: 'cs_1', appointment_id: 'apt_1' } };

describe('the door', () => {
  test('counts and logs a new word under its name', async () => {
    const call = { ...named, call_status: 'ended', disconnection_reason: 'robot_hung_up' };
    expect(await heardOf([call, call])).toEqual({
      remarks: [
        ['unknown_disconnection_reason', 'robot_hung_up'],
        ['unknown_disconnection_reason', 'robot_hung_up'],
      ],
      counted: [['disconnection_reason', 'robot_hung_up', 2]],
    });
  });
  test('says nothing again of what was recorded before', async () =>
    expect(await heardOf([{ ...named, disconnection_reason: 'robot_hung_up' }], 'duplicate')).toEqual({
      remarks: [],
      counted: [],
    }));
  test('keeps to itself what looks like no word', async () =>
    expect(await heardOf([{ ...named, disconnection_reason: 'Alex +12025550142' }])).toEqual({
      remarks: [['unknown_disconnection_reason', undefined]],
      counted: [['disconnection_reason', 'other', 1]],
    }));
  test('counts fifty words by their names, and the others together', async () => {
    const calls = Array.from({ length: 70 }, (_, i) => ({ ...named, disconnection_reason: `word_${i}` }));
    const { counted } = await heardOf(calls);
    expect(counted).toHaveLength(51);
    expect(counted).toContainEqual(['disconnection_reason', 'other', 20]);
  });
  test('remarks that a decision was made on a line that reached nobody', async () => {
    const call_analysis = { custom_analysis_data: { appointment_confirmed: true } };
    const analysed = { ...named, call_status: 'not_connected', disconnection_reason: 'dial_busy', call_analysis };
    expect((await heardOf([analysed])).remarks).toEqual([['flag_on_unconnected_call', undefined]]);
    const denied = { custom_analysis_data: { appointment_confirmed: false, busy: true } };
    expect((await heardOf([{ ...analysed, call_analysis: denied }])).remarks).toEqual([]);
    const connected = { ...analysed, call_status: 'ended', disconnection_reason: 'user_hangup' };
    expect((await heardOf([connected])).remarks).toEqual([]);
  });
});
