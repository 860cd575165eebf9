import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/events/json.ts';
import { translateCall } from '../../src/retell/translate.ts';
import { sessionFromFacts } from '../support/session-of-facts.ts';
import { analyzed, ended, recorded, type Said, TENANT } from './controls.ts';
import { inbound, ticketAfter } from './tickets-controls.ts';

type Delivery = { readonly event: string; readonly call: JsonObject };
const deliveries: Readonly<Record<string, Delivery>> = JSON.parse(
  readFileSync(new URL('../fixtures/ended-by-silence.json', import.meta.url), 'utf8'),
);

function saidIn(name: string, more: JsonObject = {}): Said {
  const { event, call } = deliveries[name]!;
  const type = event === 'call_ended' ? 'CallEnded' : 'CallAnalyzed';
  const owner = { tenantId: TENANT, isTenant: () => false };
  const { callId: _, ...claims } = translateCall(type, 'call_1', { ...call, ...more }, owner).data;
  return (type === 'CallEnded' ? ended : analyzed)(claims, inbound);
}

const silent = { transcript: 'Agent: Hello?\nAgent: Are you there?\n' };

test.each<[string, Said[], string, string]>([
  ['of which no transcript is kept', [saidIn('basicOnly')], 'answered', 'conversation'],
  ['of which the scrubbed transcript is kept', [saidIn('scrubbed')], 'answered', 'conversation'],
  [
    'of which the transcript came after the end',
    [saidIn('endedEarly'), saidIn('analyzedWithSpeech')],
    'answered',
    'conversation',
  ],
  [
    'of which a transcript with nothing in it came first',
    [saidIn('endedEarly', { transcript: '', transcript_object: [] }), saidIn('analyzedWithSpeech')],
    'answered',
    'conversation',
  ],
  ['in which the agent alone is heard', [saidIn('basicOnly', silent)], 'no_answer', 'unanswered'],
  [
    'in which the agent alone is heard, as is known later',
    [saidIn('endedEarly'), saidIn('basicOnly', { ...silent, disconnection_reason: '' })],
    'no_answer',
    'unanswered',
  ],
])('a call that silence ended, %s', (_, said, status, statusReason) => {
  for (const order of [said, said.toReversed()]) {
    expect(sessionFromFacts(TENANT, 'cs_1', recorded(...order))?.status).toBe(status);
    expect(ticketAfter(...order)?.statusReason).toBe(statusReason);
  }
});

test('nobody who was not reached has confirmed anything, and the ticket is unanswered', () => {
  const said = analyzed({ disconnectionReason: 'dial_no_answer', flags: { appointment_confirmed: true } }, inbound);
  expect(ticketAfter(said)).toMatchObject({ status: 'new', statusReason: 'unanswered' });
});
