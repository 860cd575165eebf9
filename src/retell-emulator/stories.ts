/**
 * How a call goes, in Retell's words, and what must come of it here (docs/rules.md, "Outcome of a call",
 * "Tickets, customers, mail").
 */
export type Story = {
  readonly name: string;
  /** The agent's work; each kind of agent has a webhook URL of its own. */
  readonly agent: 'appointments' | 'inbound_tickets' | 'outbound_tickets';
  readonly connected: boolean;
  readonly disconnection: string;
  readonly callStatus: 'ended' | 'not_connected' | 'error';
  /** Undefined: Retell never has one. */
  readonly analysis?: Readonly<Record<string, unknown>>;
  /** `–`: there must be none. */
  readonly expected: {
    readonly status: string;
    readonly reason: string;
    readonly appointment: string;
    readonly ticket: string;
  };
};

const NONE = '–';

const analysis = (custom: Readonly<Record<string, unknown>>, { successful = true, voicemail = false } = {}) => ({
  call_summary: 'Simulated.',
  in_voicemail: voicemail,
  user_sentiment: 'Neutral',
  call_successful: successful,
  custom_analysis_data: custom,
});

const decided = (
  status: string,
  flag: string,
  value: unknown,
  more: Readonly<Record<string, unknown>> = {},
): Story => ({
  name: `${status} (${JSON.stringify(value)})`,
  agent: 'appointments',
  connected: true,
  disconnection: 'user_hangup',
  callStatus: 'ended',
  analysis: analysis({ [flag]: value, ...more }),
  expected: { status, reason: flag, appointment: status, ticket: NONE },
});

const unreached = (
  status: string,
  disconnection: string,
  callStatus: 'ended' | 'not_connected' = 'not_connected',
): Story => ({
  name: disconnection,
  agent: 'appointments',
  connected: callStatus === 'ended',
  disconnection,
  callStatus,
  analysis: analysis({}, { successful: callStatus === 'ended', voicemail: status === 'voicemail' }),
  expected: { status, reason: disconnection, appointment: 'scheduled', ticket: NONE },
});

const followUp = (
  agent: 'inbound_tickets' | 'outbound_tickets',
  custom: Readonly<Record<string, unknown>>,
  ticket: string,
  disconnection = 'agent_hangup',
): Story => ({
  name: `${agent.split('_')[0]} ${disconnection === 'call_transfer' ? 'transferred' : JSON.stringify(custom)}`,
  agent,
  connected: true,
  disconnection,
  callStatus: 'ended',
  analysis: analysis(custom),
  expected: { status: 'answered', reason: 'answered', appointment: NONE, ticket },
});

/** Every outcome, in the spellings that agents really produce. */
export const reminders: readonly Story[] = [
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
    agent: 'appointments',
    connected: true,
    disconnection: 'agent_hangup',
    callStatus: 'ended',
    analysis: analysis({ appointment_confirmed: false, appointment_cancelled: 'false' }),
    expected: { status: 'failed', reason: 'undecided', appointment: 'scheduled', ticket: NONE },
  },
  {
    name: 'analysis lost',
    agent: 'appointments',
    connected: true,
    disconnection: 'user_hangup',
    callStatus: 'ended',
    expected: { status: 'pending', reason: 'analysis_missing', appointment: 'scheduled', ticket: NONE },
  },
];

/** Every ticket. */
const followUps: readonly Story[] = [
  followUp('inbound_tickets', { action_required: 'True ' }, 'new'),
  followUp('inbound_tickets', { action_required: 'false' }, 'closed'),
  followUp('inbound_tickets', {}, 'resolved'),
  followUp('outbound_tickets', { action_required: 1 }, 'new'),
  followUp('outbound_tickets', {}, 'closed'),
  followUp('outbound_tickets', {}, 'new', 'call_transfer'),
];

export const stories: readonly Story[] = [...reminders, ...followUps];

/** The story of a name, or of the first word of it: `storyOf('confirmed')`. */
export function storyOf(name: string): Story {
  const story = stories.find((s) => s.name === name) ?? stories.find((s) => s.name.startsWith(name));
  if (story === undefined) throw new Error(`no story "${name}"; there are: ${stories.map((s) => s.name).join(', ')}`);
  return story;
}
