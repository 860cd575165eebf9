import { createHmac } from 'node:crypto';
import autocannon from 'autocannon';

export type Measured = {
  readonly accepted: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly refused: number;
};

const SENTENCES = 'Agent: Can you make it on Thursday?\nUser: Yes, I will be there.\n';
let calls = 0;

/** A webhook of about so many bytes about a call that nobody has heard of. */
function webhook(bytes: number): string {
  const id = `call_bench_${process.pid}_${calls++}`;
  return JSON.stringify({
    event: 'call_ended',
    event_timestamp: Date.now(),
    call: {
      call_id: id,
      call_type: 'phone_call',
      agent_id: 'agent_bench',
      agent_name: 'Appointment Reminder',
      call_status: 'ended',
      direction: 'outbound',
      from_number: '+442079460018',
      to_number: '+447700900123',
      metadata: { appointment_id: `apt_${id}`, call_session_id: `cs_${id}`, contact_id: 'con_321' },
      disconnection_reason: 'user_hangup',
      start_timestamp: Date.now() - 60_000,
      end_timestamp: Date.now(),
      duration_ms: 60_000,
      transcript: SENTENCES.repeat(Math.max(1, Math.round((bytes - 600) / SENTENCES.length))),
    },
  });
}

/** Posts signed webhooks, each about another call, over so many connections for so many seconds; `rate`: so many a second at most. */
export async function load(
  url: string,
  key: string,
  { connections, seconds, bytes, rate }: { connections: number; seconds: number; bytes: number; rate?: number },
): Promise<Measured> {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    ...(rate !== undefined && { overallRate: rate }),
    requests: [
      {
        method: 'POST',
        path: '/api/webhooks/retell',
        setupRequest(request) {
          const body = webhook(bytes);
          const v = Date.now();
          const d = createHmac('sha256', key).update(body).update(String(v)).digest('hex');
          const headers = { 'content-type': 'application/json', 'x-retell-signature': `v=${v},d=${d}` };
          return { ...request, body, headers };
        },
      },
    ],
  });
  const accepted = result['2xx'];
  const { p50, p99 } = result.latency;
  return { accepted, perSecond: accepted / result.duration, p50, p99, refused: result.non2xx + result.errors };
}
