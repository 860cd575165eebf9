import type { Json, JsonObject } from '../../src/events/json.ts';
import type { Random } from '../../src/retell-emulator/random.ts';
import { about, sample, sampleFiles } from '../support/samples.ts';
import { everyOddValue, oddJson, oddTexts, rawMark, withRaw } from './odd-values.ts';

const samples = sampleFiles().map((file) => sample(file.split('_')[0]!));

const events = [
  'call_started',
  'call_ended',
  'call_analyzed',
  'transfer_started',
  'transfer_bridged',
  'transfer_cancelled',
  'transfer_ended',
  'transcript_updated',
  'call_inbound',
  'chat_ended',
  'toString',
] as const;

/** Names that something is read under, by where they stand. */
const fields: Readonly<Record<string, readonly string[]>> = {
  call: [
    'call_type',
    'call_status',
    'direction',
    'agent_id',
    'agent_name',
    'disconnection_reason',
    'start_timestamp',
    'end_timestamp',
    'duration_ms',
    'from_number',
    'to_number',
    'transcript',
    'transcript_object',
    'transcript_with_tool_calls',
    'scrubbed_transcript_with_tool_calls',
    'recording_url',
    'transfer_destination',
    'call_analysis',
    'metadata',
    'retell_llm_dynamic_variables',
    'collected_dynamic_variables',
  ],
  metadata: ['tenant_id', 'call_session_id', 'appointment_id', 'contact_id', 'callSessionId', 'appointmentId'],
  call_analysis: ['call_summary', 'user_sentiment', 'in_voicemail', 'call_successful', 'custom_analysis_data'],
  custom: [
    'appointment_confirmed',
    'appointment_rescheduled',
    'appointment_cancelled',
    'appointment_outcome',
    'outcome',
    'voicemail',
    'no_answer',
    'human_detected',
    'busy',
    'failed',
    'action_required',
    'qualified',
    'new_appointment_datetime',
    'rescheduled_to',
    'new_appointment_date',
    'new_appointment_time',
    'new_appointment_details',
    'cancellation_reason',
    'customer_name',
    'caller_name',
    'guests',
  ],
};

const reasons = ['user_hangup', 'inactivity', 'dial_no_answer', 'voicemail_reached', 'call_transfer', 'error_asr'];

type Loose = Record<string, Json>;
const objectAt = (parent: Loose, name: string): Loose => {
  const known = parent[name];
  const object = typeof known === 'object' && known !== null && !Array.isArray(known) ? { ...(known as Loose) } : {};
  parent[name] = object;
  return object;
};

/** The ids of the call of a number, and of what it belongs to: two calls have a session and an appointment together. */
export const idsOf = (number: number) => ({
  call: `fuzz_${number}`,
  session: `cs_${number >> 1}`,
  appointment: `apt_${number >> 1}`,
});

/** Each field with each odd value once, many fields to a delivery. */
export function extremes(): readonly Buffer[] {
  const names = Object.entries(fields).flatMap(([place, its]) => its.map((name) => [place, name] as const));
  const collected = fields.custom!.map((name) => ['collected', name] as const);
  const all = [...names, ...collected].filter(([, name]) => name !== 'call_analysis' && name !== 'metadata');
  return everyOddValue.map((_, turn) => {
    const places: Record<string, Loose> = { call: {}, metadata: {}, call_analysis: {}, custom: {}, collected: {} };
    for (const [i, [place, name]] of all.entries())
      places[place]![name] = everyOddValue[(turn + i) % everyOddValue.length]!;
    const { call, metadata, call_analysis, custom, collected } = places;
    const body = {
      event: ['call_started', 'call_ended', 'call_analyzed', 'transfer_bridged'][turn % 4],
      event_timestamp: everyOddValue[turn],
      call: {
        ...call,
        ...{ call_id: `extreme_${turn}`, metadata, collected_dynamic_variables: collected },
        call_analysis: { ...call_analysis, custom_analysis_data: custom },
      },
    };
    return Buffer.from(withRaw(JSON.stringify(body)));
  });
}

/** The bytes of a delivery that is nearly one of Retell's, mostly about the call of this number. */
export function oddDelivery(random: Random, number: number): Buffer {
  const { call: known, ...rest } = about(random.pick(samples), idsOf(number));
  const envelope: Loose = { ...(rest as JsonObject) };
  const call: Loose = { ...(known as JsonObject) };
  const analysis = objectAt(call, 'call_analysis');
  const places: Readonly<Record<string, Loose>> = {
    call,
    metadata: objectAt(call, 'metadata'),
    call_analysis: analysis,
    custom: objectAt(analysis, 'custom_analysis_data'),
    collected: objectAt(call, 'collected_dynamic_variables'),
  };
  const oddValue = () => (random.below(12) === 0 ? rawMark(random) : oddJson(random));
  for (let change = random.below(5); change >= 0; change--) {
    const place = random.pick(Object.keys(places));
    const names = fields[place] ?? fields.custom!;
    const name = random.below(8) === 0 ? random.pick(oddTexts) : random.pick(names);
    if (random.below(6) === 0) delete places[place]![name];
    else Object.defineProperty(places[place], name, { value: oddValue(), ...OPEN });
  }
  if (random.below(3) === 0) call.disconnection_reason = random.pick(reasons);
  if (random.below(3) === 0) envelope.event = random.pick(events);
  if (random.below(4) === 0) envelope.event_timestamp = oddValue();
  if (random.below(40) === 0) call.call_id = oddValue();
  if (random.below(60) === 0) envelope.event = oddValue();
  envelope[random.below(30) === 0 ? 'data' : 'call'] = call;
  return damaged(Buffer.from(withRaw(JSON.stringify(envelope))), random);
}

const OPEN = { enumerable: true, configurable: true, writable: true };

/** Once in a while not even JSON, or not even text. */
function damaged(bytes: Buffer, random: Random): Buffer {
  if (random.below(40) > 0) return bytes;
  const at = random.below(bytes.length);
  if (random.below(2) === 0) return bytes.subarray(0, at);
  const other = Buffer.from(bytes);
  other[at] = random.below(256);
  return other;
}
