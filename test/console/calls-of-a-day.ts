// Calls that leave something for each page of the console to show.
import type { Client } from '../support/client.ts';

const minutesAgo = (minutes: number): number => Date.now() - minutes * 60_000;
const RECORDING = 'https://recordings.example.test/1.wav';
const TRANSCRIPT =
  'Agent: Good morning, this is about your appointment.\nUser: Thursday does not work,\nafter Easter would.\nAgent: I will pass it on.\n';

type Story = {
  readonly id: string;
  readonly minutes: number;
  readonly path?: string;
  readonly call?: Readonly<Record<string, unknown>>;
  readonly analysis?: Readonly<Record<string, unknown>>;
  readonly transcript?: string;
};

/** The webhooks of one call, as Retell sends them. */
function webhooksOf({ id, minutes, call = {}, analysis, transcript = TRANSCRIPT }: Story): object[] {
  const at = minutesAgo(minutes);
  const common = {
    ...{ call_id: id, call_type: 'phone_call', direction: 'outbound', agent_id: 'agent_1', agent_name: 'Reminder' },
    ...{ from_number: '+442079460018', to_number: '+447700900449', start_timestamp: at, ...call },
  };
  const ended = {
    ...{ ...common, end_timestamp: at + 62_000, duration_ms: 62_000, disconnection_reason: 'user_hangup' },
    ...{ call_status: 'ended', transcript, recording_url: RECORDING, ...call },
  };
  return [
    { event: 'call_started', event_timestamp: at, call: { ...common, call_status: 'ongoing' } },
    { event: 'call_ended', event_timestamp: at + 62_000, call: ended },
    ...(analysis
      ? [{ event: 'call_analyzed', event_timestamp: at + 70_000, call: { ...ended, call_analysis: analysis } }]
      : []),
  ];
}

const about = (appointment: string, session: string) => ({
  metadata: { appointment_id: appointment, call_session_id: session, contact_id: 'con_1' },
});
const inbound = { direction: 'inbound', from_number: '+447700900072', to_number: '+442079460018' };

const stories: readonly Story[] = [
  {
    ...{ id: 'call_confirmed', minutes: 50, call: about('apt_confirmed', 'cs_confirmed') },
    analysis: {
      call_summary: 'Confirmed for Thursday.',
      call_successful: true,
      user_sentiment: 'Positive',
      custom_analysis_data: { appointment_confirmed: true },
    },
  },
  {
    ...{ id: 'call_moved', minutes: 40, call: about('apt_moved', 'cs_moved') },
    analysis: {
      call_summary: 'Wants a day after Easter.',
      custom_analysis_data: { appointment_rescheduled: true, new_appointment_details: 'after Easter' },
    },
  },
  {
    id: 'call_undecided',
    minutes: 35,
    call: about('apt_undecided', 'cs_undecided'),
    analysis: { call_summary: 'Hung up early.' },
  },
  {
    id: 'call_busy',
    minutes: 20,
    call: { ...about('apt_busy', 'cs_busy'), disconnection_reason: 'dial_busy', call_status: 'not_connected' },
    transcript: '',
  },
  {
    ...{ id: 'call_ticket', minutes: 15, path: '/api/webhooks/retell-inbound-ticket', call: inbound },
    analysis: {
      call_summary: 'Asks to be called back about an invoice.',
      custom_analysis_data: { action_required: true, customer_name: 'Ada Byron' },
    },
  },
  {
    ...{ id: 'call_transferred', minutes: 10, path: '/api/webhooks/retell-inbound-ticket' },
    ...{
      call: { ...inbound, from_number: '+447700900633', disconnection_reason: 'call_transfer' },
      analysis: { call_summary: 'Put through.' },
    },
  },
];

/** Posts them all, and something that makes no sense and something with a wrong key; waits until they are shown. */
export async function postCallsOfADay(client: Client): Promise<void> {
  for (const story of stories)
    for (const webhook of webhooksOf(story)) await client.post(webhook, story.path ? { path: story.path } : {});
  await client.post('no json at all');
  await client.post({ event: 'call_ended' }, { key: 'another-key' });
  await client.see('/api/tickets/tkt_call_transferred', ({ transferred }) => transferred === true);
  await client.see('/api/appointments/apt_moved', ({ needsReview }) => needsReview === true);
}

/** One more call, whose appointment is cancelled. */
export async function postOneMore(client: Client, id: string): Promise<void> {
  const analysis = { custom_analysis_data: { appointment_cancelled: true } };
  const story = { id, minutes: 2, call: about(`apt_${id}`, `cs_${id}`), analysis };
  for (const webhook of webhooksOf(story)) await client.post(webhook);
}
