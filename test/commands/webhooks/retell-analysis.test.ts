import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/events/json.ts';
import { readPayload } from '../../../src/retell/payload.ts';
import { translatePayload } from '../../../src/retell/translate.ts';
import { analysedCall, owner } from './translated.ts';

const analysed = (call_analysis: unknown) => analysedCall({ call_analysis });

describe('analysis', () => {
  test.each([[null], [undefined], ['text'], [[]]])('%j is none', (analysis) => {
    expect(analysed(analysis).analysed).toBeUndefined();
  });
  test('an empty one is one', () => expect(analysed({}).analysed).toBe(true));

  test('flags go beside, under the names and with the values they came with; the rest is personal', () => {
    const data = analysed({
      call_summary: 'They talked.',
      custom_analysis_data: {
        'Appointment Confirmed ': ' Yes ',
        action_required: 1,
        qualified: false,
        outcome: 'Canceled',
        note: 'yes, she will come',
        score: 7,
        nothing: null,
        list: [true],
        [`long ${'x'.repeat(200)}`]: true,
        padded: `${' '.repeat(60)}true`,
      },
    });
    expect(data.flags).toEqual({
      'Appointment Confirmed ': ' Yes ',
      action_required: 1,
      qualified: false,
      outcome: 'Canceled',
    });
    expect(Object.keys(data.personal?.custom ?? {})).toEqual([
      'note',
      'score',
      'nothing',
      'list',
      `long ${'x'.repeat(200)}`,
      'padded',
    ]);
    expect(data.personal?.summary).toBe('They talked.');
  });

  test('a field directly under the analysis counts where the nested one is missing', () => {
    const data = analysed({
      appointment_confirmed: true,
      Appointment_Cancelled: true,
      human_detected: false,
      custom_analysis_data: { appointment_confirmed: null, ' appointment_cancelled': 'no' },
    });
    expect(data.flags).toEqual({ appointment_confirmed: true, ' appointment_cancelled': 'no', human_detected: false });
  });

  test('the presets are no fields of the customer', () => {
    const data = analysed({ in_voicemail: 'true', call_successful: 1, user_sentiment: 'Positive', call_summary: 'x' });
    expect(data).toEqual({
      callId: 'c',
      analysed: true,
      inVoicemail: true,
      successful: true,
      personal: { summary: 'x', sentiment: 'Positive' },
    });
  });

  test('at most 500 flags; what is more is kept as the rest', () => {
    const data = analysed({
      custom_analysis_data: Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`f${i}`, true])),
    });
    expect(Object.keys(data.flags ?? {})).toHaveLength(500);
    expect(Object.keys(data.personal?.custom ?? {})).toHaveLength(100);
  });

  test('__proto__ and constructor are names like any other, and change nothing', () => {
    const raw =
      '{"event":"call_analyzed","call":{"call_id":"c","__proto__":{"agent_id":"evil"},"call_analysis":{"__proto__":{"a":1},"custom_analysis_data":{"__proto__":true,"constructor":true,"prototype":{"x":1}}}}}';
    const payload = readPayload(Buffer.from(raw));
    if (!('callId' in payload)) throw new Error('unreadable');
    const { data } = translatePayload(payload, owner);
    expect(data.agentId).toBeUndefined();
    expect(Object.keys(data.flags ?? {})).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(data.flags)).toBe(Object.prototype);
    expect(({} as JsonObject).a).toBeUndefined();
  });
});

test('variables', () => {
  expect(
    analysedCall({
      retell_llm_dynamic_variables: { customer_name: 'Alex', vip: 'true' },
      collected_dynamic_variables: { action_required: 'true', topic: 'billing' },
    }),
  ).toEqual({
    callId: 'c',
    collectedFlags: { action_required: 'true' },
    personal: { variables: { customer_name: 'Alex', vip: 'true' }, collected: { topic: 'billing' } },
  });
});

test('secrets and logs of the vendor are not taken', () => {
  const text = JSON.stringify(
    analysedCall({ access_token: 's3cret', public_log_url: 'https://x.test/log', telephony_identifier: { a: 1 } }),
  );
  expect(text).toBe('{"callId":"c"}');
});
