import fc from 'fast-check';
import type { CallFacts } from '../../src/events/call-facts.ts';
import * as controls from '../projections/controls.ts';
import { minute, type Said } from '../projections/controls.ts';
import { inbound, mailFailed, mailSent, outbound, staffSays } from '../projections/tickets-controls.ts';

/** What nobody may find any more, in each field that can hold a person. */
export const CANARY = 'Kanarienvogel';
export const NUMBER = '+4930123456';
export const OTHER = '+442079460018';

const some = <T>(...values: T[]) => fc.constantFrom(...values);

export const personal = fc.record(
  {
    fromNumber: some(NUMBER, '030 123456', 'anonymous'),
    toNumber: some(OTHER, NUMBER),
    transcript: some(`Agent: Hello ${CANARY}`),
    recordingUrl: some(`https://r.example/${CANARY}`),
    summary: some(`${CANARY} called`),
    sentiment: some(`${CANARY}`),
    custom: some<NonNullable<NonNullable<CallFacts['personal']>['custom']>>(
      {},
      { new_datetime: '2026-05-01T10:00:00+02:00', customer_name: CANARY },
      { new_datetime: `soon, says ${CANARY}`, deep: [CANARY] },
      { rescheduled_to: '2020-01-01T00:00:00Z', cancellation_reason: `${CANARY} is ill` },
      { cancel_reason: CANARY, new_appointment_details: CANARY, outcome: `${CANARY} confirmed` },
    ),
    variables: some({ customer_name: CANARY, is_vip: true }),
    collected: some({ caller_name: CANARY }, { action_required: `ask ${CANARY}` }),
    transferDestination: some({ number: NUMBER, name: CANARY }),
  },
  { requiredKeys: ['fromNumber', 'toNumber'] },
);

export const claims = fc.record(
  {
    callSessionId: some('cs_1', 'cs_2'),
    appointmentId: some('apt_1', 'apt_2'),
    contactId: some('contact_1'),
    direction: some('outbound' as const, 'inbound' as const, 'web' as const),
    agentId: some('agent_1'),
    agentName: some(CANARY),
    callStatus: some('ended', 'error', CANARY),
    disconnectionReason: some('user_hangup', 'dial_busy', 'call_transfer', 'voicemail_reached', 'inactivity'),
    startedAt: some(minute(0), minute(5)),
    endedAt: some(minute(6), minute(7)),
    durationMs: some(1000, 2000),
    userSpoke: fc.boolean(),
    inVoicemail: fc.boolean(),
    successful: fc.boolean(),
    analysed: some(true as const),
    tenantMismatch: some(true as const),
    flags: some<NonNullable<CallFacts['flags']>>(
      { appointment_confirmed: true, diabetic: 'yes' },
      { Appointment_Cancelled: 'Yes.' },
      { appointment_rescheduled: 1, action_required: 'no' },
      { action_required: true, [CANARY]: true },
      { qualified: 'on', outcome: 'Rescheduled' },
      { ergebnis: 'confirmed', human_detected: false },
    ),
    collectedFlags: some<NonNullable<CallFacts['collectedFlags']>>({ action_required: 'yes' }, { vegan: true }),
    personal,
  },
  { requiredKeys: ['personal'] },
);

export const callFact = (calls: readonly string[]) =>
  fc
    .tuple(
      some(controls.started, controls.ended, controls.analyzed, controls.unrecognized, controls.transferBridged),
      claims,
      some(inbound, outbound, {}),
      some({}, { occurredAt: minute(2) }, { occurredAt: minute(1) }),
      some({}, { defaultRegion: 'DE' }, { fieldNames: { outcome: ['Ergebnis'] } }),
      some(...calls),
    )
    .map(([about, what, endpoint, at, settings, callId]) => about(what, { ...endpoint, ...at, ...settings }, callId));

export const others = some<Said>(
  controls.requested({ fromNumber: OTHER, toNumber: NUMBER, appointmentId: 'apt_1', requestDigest: 'd' }, 'cs_1'),
  controls.requested({ toNumber: NUMBER, contactId: 'contact_1' }, 'cs_2'),
  controls.placed('call_1', 'cs_2'),
  controls.placementFailed('refused', 'cs_1'),
  controls.registered({ startsAt: '2026-04-01T10:00:00Z', note: CANARY }, 'apt_1'),
  controls.changed({ status: 'cancelled', note: `phoned ${CANARY}` }, 'apt_2'),
  controls.archived('call_2'),
  controls.unarchived('call_2'),
  controls.linked('cs_1', 'call_2'),
  staffSays('resolved', `called ${CANARY} back`, 'call_1'),
  mailSent(1, 'call_2'),
  mailFailed(1, 'call_1'),
);

export const world = (calls: readonly string[] = ['call_1', 'call_2']) =>
  fc.uniqueArray(fc.oneof({ weight: 3, arbitrary: callFact(calls) }, { weight: 2, arbitrary: others }), {
    minLength: 1,
    maxLength: 20,
    selector: controls.idOf,
  });
