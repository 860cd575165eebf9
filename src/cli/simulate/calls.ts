import type { Random } from './random.ts';

/** One simulated call: the webhooks Retell would send for it, and what must come of them. */
export type SimulatedCall = {
  readonly callId: string;
  readonly sessionId: string;
  readonly appointmentId: string;
  readonly story: string;
  /** The last part of the webhooks' path. */
  readonly endpoint: 'retell' | 'retell-inbound-ticket' | 'retell-outbound-ticket';
  readonly webhooks: readonly Webhook[];
  /** `–`: there must be none. */
  readonly expected: {
    readonly status: string;
    readonly reason: string;
    readonly appointment: string;
    readonly ticket: string;
  };
};

export type Webhook = { readonly event: string; readonly call: object; readonly event_timestamp: number };

const NONE = '–';

type Story = {
  readonly name: string;
  readonly endpoint?: SimulatedCall['endpoint'];
  readonly connected: boolean;
  readonly disconnection: string;
  readonly callStatus: 'ended' | 'not_connected' | 'error';
  /** Undefined: Retell never sends an analysis. */
  readonly analysis?: { readonly voicemail?: boolean; readonly custom: Readonly<Record<string, unknown>> };
  readonly expected: SimulatedCall['expected'];
};

const decided = (
  status: string,
  flag: string,
  value: unknown,
  more: Readonly<Record<string, unknown>> = {},
): Story => ({
  name: `${status} (${JSON.stringify(value)})`,
  connected: true,
  disconnection: 'user_hangup',
  callStatus: 'ended',
  analysis: { custom: { [flag]: value, ...more } },
  expected: { status, reason: flag, appointment: status, ticket: NONE },
});

const unreached = (
  status: string,
  disconnection: string,
  callStatus: 'ended' | 'not_connected' = 'not_connected',
): Story => ({
  name: disconnection,
  connected: callStatus === 'ended',
  disconnection,
  callStatus,
  analysis: { voicemail: status === 'voicemail', custom: {} },
  expected: { status, reason: disconnection, appointment: 'scheduled', ticket: NONE },
});

const followUp = (
  endpoint: 'retell-inbound-ticket' | 'retell-outbound-ticket',
  custom: Readonly<Record<string, unknown>>,
  ticket: string,
  disconnection = 'agent_hangup',
): Story => ({
  name: `${endpoint.split('-')[1]} ${disconnection === 'call_transfer' ? 'transferred' : JSON.stringify(custom)}`,
  endpoint,
  connected: true,
  disconnection,
  callStatus: 'ended',
  analysis: { custom },
  expected: { status: 'answered', reason: 'answered', appointment: NONE, ticket },
});

/** Every outcome and every ticket of RULES.md, in the spellings that agents really produce. */
const stories: readonly Story[] = [
  decided('confirmed', 'appointment_confirmed', true),
  decided('confirmed', 'appointment_confirmed', 'True '),
  decided('confirmed', 'appointment_confirmed', 1, { appointment_rescheduled: 'no' }),
  decided('rescheduled', 'appointment_rescheduled', 'yes', { new_appointment_datetime: '2027-03-01T09:30:00+01:00' }),
  decided('cancelled', 'appointment_cancelled', true, { cancellation_reason: 'Moved away' }),
  unreached('voicemail', 'voicemail_reached', 'ended'),
  unreached('no_answer', 'dial_no_answer'),
  unreached('busy', 'dial_busy'),
  unreached('failed', 'dial_failed'),
  {
    name: 'answered, undecided',
    connected: true,
    disconnection: 'agent_hangup',
    callStatus: 'ended',
    analysis: { custom: { appointment_confirmed: false, appointment_cancelled: 'false' } },
    expected: { status: 'failed', reason: 'undecided', appointment: 'scheduled', ticket: NONE },
  },
  {
    name: 'analysis lost',
    connected: true,
    disconnection: 'user_hangup',
    callStatus: 'ended',
    expected: { status: 'pending', reason: 'analysis_missing', appointment: 'scheduled', ticket: NONE },
  },
  followUp('retell-inbound-ticket', { action_required: 'True ' }, 'new'),
  followUp('retell-inbound-ticket', { action_required: 'false' }, 'closed'),
  followUp('retell-inbound-ticket', {}, 'resolved'),
  followUp('retell-outbound-ticket', { action_required: 1 }, 'new'),
  followUp('retell-outbound-ticket', {}, 'closed'),
  followUp('retell-outbound-ticket', {}, 'new', 'call_transfer'),
];

/** `count` calls that go through all stories; `run` keeps the ids of different runs apart. */
export const simulatedCalls = (count: number, run: string, random: Random, now: number): readonly SimulatedCall[] =>
  Array.from({ length: count }, (_, n) => simulate(stories[n % stories.length]!, `${run}_${n}`, random, now));

const OURS = '+442079460018';

function simulate(story: Story, id: string, random: Random, now: number): SimulatedCall {
  const callId = `call_sim_${id}`;
  const sessionId = `cs_sim_${id}`;
  const appointmentId = `apt_sim_${id}`;
  const startedAt = now - 600_000 + random.below(300_000);
  const endedAt = startedAt + 8_000 + random.below(90_000);
  const endpoint = story.endpoint ?? 'retell';
  const person = `+447700900${String(random.below(1000)).padStart(3, '0')}`; // reserved for fiction
  const ringing = {
    call_id: callId,
    call_type: 'phone_call',
    agent_id: 'agent_simulated',
    agent_version: 1,
    agent_name: 'Appointment Reminder',
    ...(endpoint === 'retell-inbound-ticket'
      ? { direction: 'inbound', from_number: person, to_number: OURS }
      : { direction: 'outbound', from_number: OURS, to_number: person }),
    metadata: {
      call_session_id: sessionId,
      ...(endpoint === 'retell' && { appointment_id: appointmentId, contact_id: `con_sim_${id}` }),
    },
  };
  const ended = {
    ...ringing,
    call_status: story.callStatus,
    disconnection_reason: story.disconnection,
    ...(story.connected
      ? {
          start_timestamp: startedAt,
          end_timestamp: endedAt,
          duration_ms: endedAt - startedAt,
          transcript: 'Agent: Can you make it on Thursday?\nUser: One moment, please.\n',
          recording_url: `https://recordings.example.test/${callId}.wav`,
        }
      : { duration_ms: 0, transcript: '' }),
  };
  const webhooks: Webhook[] = [];
  if (story.connected)
    webhooks.push({
      event: 'call_started',
      call: { ...ringing, call_status: 'ongoing', start_timestamp: startedAt },
      event_timestamp: startedAt + 180,
    });
  webhooks.push({ event: 'call_ended', call: ended, event_timestamp: endedAt + 760 });
  if (story.analysis)
    webhooks.push({
      event: 'call_analyzed',
      call: {
        ...ended,
        call_analysis: {
          call_summary: 'Simulated.',
          in_voicemail: story.analysis.voicemail ?? false,
          user_sentiment: 'Neutral',
          call_successful: story.connected,
          custom_analysis_data: story.analysis.custom,
        },
      },
      event_timestamp: endedAt + 3_400,
    });
  return { callId, sessionId, appointmentId, story: story.name, endpoint, webhooks, expected: story.expected };
}
