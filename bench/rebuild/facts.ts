import { sha256 } from '../../src/events/identity.ts';
import { type CallFact, callFact } from '../../src/retell/call-fact.ts';
import { type CallPayload, readPayload } from '../../src/retell/payload.ts';
import { translatePayload } from '../../src/retell/translate.ts';

export const FACTS_PER_CALL = 3;

const START = Date.UTC(2026, 0, 5, 8);
const tenant = { id: 'default', settings: {}, webhookKeys: [], formerWebhookKeys: [], apiKeys: [] };
const owner = { tenantId: tenant.id, isTenant: () => false };
const disconnections = ['user_hangup', 'agent_hangup', 'user_hangup', 'voicemail_reached'] as const;
const words = ['appointment_confirmed', 'appointment_rescheduled', 'appointment_cancelled', 'appointment_confirmed'];

/** What the door writes for the n-th call's three webhooks: its own translation, identities and metadata. */
export function factsOfCall(n: number): readonly CallFact[] {
  const startedAt = START + n * 1000;
  const endedAt = startedAt + 40_000 + (n % 37) * 1000;
  const id = n.toString(36).padStart(27, '0');
  const voicemail = n % 4 === 3;
  const ringing = {
    call_id: `call_${id}`,
    call_type: 'phone_call',
    agent_id: 'agent_bench_0123456789abcdef',
    agent_name: 'Appointment Reminder',
    call_status: 'ongoing',
    direction: 'outbound',
    from_number: '+442079460018',
    to_number: `+447700900${`${n % 1000}`.padStart(3, '0')}`,
    metadata: { appointment_id: `apt_${id}`, call_session_id: `cs_${id}`, contact_id: `con_${n % 50_000}` },
    retell_llm_dynamic_variables: { first_name: 'Sam', practice: 'Example Dental', date: 'Thursday 5 March, 10:30' },
    start_timestamp: startedAt,
  };
  const ended = {
    ...ringing,
    call_status: 'ended',
    disconnection_reason: disconnections[n % 4],
    end_timestamp: endedAt,
    duration_ms: endedAt - startedAt,
    recording_url: `https://recordings.example.test/call_${id}/recording.wav`,
    transcript: voicemail
      ? 'Agent: Good morning, this is a reminder of your appointment on Thursday at half past ten.\n'
      : TRANSCRIPT,
  };
  const analysis = {
    call_summary: 'The agent reminded the customer of the appointment and the customer answered.',
    in_voicemail: voicemail,
    user_sentiment: 'Neutral',
    call_successful: !voicemail,
    custom_analysis_data: voicemail ? {} : { [words[n % 4]!]: true, note: 'Will come by car.' },
  };
  return [
    fact('call_started', ringing, startedAt + 180),
    fact('call_ended', ended, endedAt + 760),
    fact('call_analyzed', { ...ended, call_analysis: analysis }, endedAt + 3400),
  ];
}

const TRANSCRIPT = `Agent: Good morning, this is a reminder of your appointment on Thursday at half past ten.
User: Oh yes, I had it in the calendar.
Agent: Can you make it?
User: Yes, I will be there.
Agent: Thank you, see you on Thursday.
`;

function fact(event: string, call: object, at: number): CallFact {
  const body = Buffer.from(JSON.stringify({ event, event_timestamp: at, call }));
  const statement = translatePayload(readPayload(body) as CallPayload, owner);
  const delivery = {
    tenant,
    endpoint: 'retell',
    body,
    sha256: sha256(body),
    signatureHeader: '',
    keyId: 'key_0123456789ab',
    receivedAt: new Date(at + 90).toISOString(),
  } as const;
  const occurredAt = new Date(at).toISOString();
  return callFact(tenant, statement, { source: 'webhook', delivery, occurredAt });
}
