import { createHmac } from 'node:crypto';

/** One webhook of a call: its place among the call's three, and what is posted. */
export type Webhook = { readonly sessionId: string; readonly revision: number; readonly body: string };

const transcript = 'Agent: Can you make it on Thursday?\nUser: Yes, I will be there.\n'.repeat(8);

/** The n-th webhook (0, 1, 2) of a call, about 1 KB; `revision` is its session's once the fact is counted in. */
export function webhookOf(callNumber: string, n: number, now: number): Webhook {
  const event = (['call_started', 'call_ended', 'call_analyzed'] as const)[n]!;
  const sessionId = `cs_${callNumber}`;
  const call = {
    call_id: `call_${callNumber}`,
    call_type: 'phone_call',
    agent_id: 'agent_bench',
    agent_name: 'Appointment Reminder',
    call_status: n === 0 ? 'ongoing' : 'ended',
    direction: 'outbound',
    from_number: '+442079460018',
    to_number: '+447700900123',
    metadata: { appointment_id: `apt_${callNumber}`, call_session_id: sessionId, contact_id: 'con_321' },
    start_timestamp: now - 60_000,
    ...(n > 0 && { disconnection_reason: 'user_hangup', end_timestamp: now, duration_ms: 60_000, transcript }),
    ...(n > 1 && {
      call_analysis: { custom_analysis_data: { appointment_confirmed: true }, call_summary: 'Confirmed.' },
    }),
  };
  return { sessionId, revision: n + 1, body: JSON.stringify({ event, event_timestamp: now, call }) };
}

export function signature(body: string, key: string, now: number): string {
  return `v=${now},d=${createHmac('sha256', key).update(body).update(String(now)).digest('hex')}`;
}
