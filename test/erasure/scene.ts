import { setTimeout as sleep } from 'node:timers/promises';
import { dataDirectory, eventually, sign } from '../support/service.ts';
import { startServiceHere } from '../support/service-here.ts';

export const CANARY = 'Kanarienvogel';
export const NUMBER = '+4930123456';
export const OTHER = '+442079460018';

type Fields = Readonly<Record<string, unknown>>;
type CallOptions = { endpoint?: string; key?: string; path?: string; name?: string };

/** The service with its embedded stores, in this process, and what a person would do with it. */
export async function startScene(environment: Readonly<Record<string, string>> = {}) {
  const data = await dataDirectory();
  const service = await startServiceHere({ DATA_DIR: data.path, LOG_LEVEL: 'info', ...environment });
  const [secret, adminKey, apiKey] = await Promise.all([
    service.key('RETELL_WEBHOOK_SECRET'),
    service.key('ADMIN_KEY'),
    service.key('API_KEY'),
  ]);
  const ask = async (
    method: string,
    path: string,
    key: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(new URL(path, service.url), {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, text, body: isJson ? JSON.parse(text) : undefined };
  };
  const admin = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    ask(method, path, adminKey, body, headers);
  const scene = {
    service,
    data,
    admin,
    get: (path: string, key = apiKey) => ask('GET', path, key),
    api: (method: string, path: string, body?: unknown) => ask(method, path, apiKey, body),
    /** A webhook as Retell sends it. */
    async deliver(event: string, call: Fields, { endpoint = 'retell', key = secret, path = '' } = {}) {
      const body = typeof call.raw === 'string' ? call.raw : JSON.stringify({ event, call });
      const response = await fetch(new URL(`${path}/api/webhooks/${endpoint}`, service.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-retell-signature': sign(body, key) },
        body,
      });
      return response.status;
    },
    /** A whole call: started, ended, analysed. */
    async call(callId: string, about: Fields = {}, options: CallOptions = {}) {
      const call = aCall(callId, about, options.name);
      const { call_analysis: _, transcript: __, ...begun } = call;
      for (const [event, payload] of [
        [
          'call_started',
          { ...begun, call_status: 'ongoing', disconnection_reason: undefined, end_timestamp: undefined },
        ],
        ['call_ended', begun],
        ['call_analyzed', call],
      ] as const)
        if ((await scene.deliver(event, payload as Fields, options)) !== 204) throw new Error(`${event} was refused`);
    },
    shown: (path: string, until: (body: Record<string, unknown>) => boolean = () => true, within = 45_000) =>
      eventually(
        async () => {
          const { status, body } = await scene.get(path);
          return status === 200 && until(body) && body;
        },
        { within },
      ),
    /** Asks for an erasure and waits until it is done. */
    async erase(wish: Fields, headers?: Record<string, string>): Promise<Record<string, unknown>> {
      const asked = await admin('POST', '/api/erasures', { tenantId: 'default', ...wish }, headers);
      if (asked.status !== 202) throw new Error(`${asked.status} ${asked.text}`);
      return scene.done(asked.body.id);
    },
    done: (id: string) =>
      eventually(async () => {
        const { body } = await admin('GET', `/api/erasures/${id}`);
        return (body?.state === 'done' || body?.state === 'failed') && body;
      }),
    /** Until the read model has all that was recorded. */
    settled: async () => {
      await sleep(300);
      await eventually(async () => {
        const { body } = await admin('GET', '/api/projections');
        return body?.items?.every((one: { lagEvents: number }) => one.lagEvents === 0);
      });
    },
    async stop() {
      await service.stop();
      await data.remove();
    },
  };
  return scene;
}
export type Scene = Awaited<ReturnType<typeof startScene>>;

const START = Date.parse('2026-11-20T10:00:00Z');

/** A call of the person, with the canary wherever a person can be named. */
export const aCall = (callId: string, about: Fields = {}, name = CANARY): Fields => ({
  call_id: callId,
  call_type: 'phone_call',
  direction: 'inbound',
  agent_id: 'agent_1',
  agent_name: `${name}s agent`,
  call_status: 'ended',
  from_number: NUMBER,
  to_number: OTHER,
  start_timestamp: START,
  end_timestamp: START + 60_000,
  duration_ms: 60_000,
  disconnection_reason: 'user_hangup',
  transcript: `Agent: Hello ${name}.\nUser: Hello.`,
  recording_url: `https://recordings.example/${name}.wav`,
  metadata: { appointment_id: `apt_${callId}`, contact_id: `contact_${callId}` },
  retell_llm_dynamic_variables: { customer_name: name },
  call_analysis: {
    call_summary: `${name} confirmed.`,
    user_sentiment: 'Positive',
    call_successful: true,
    custom_analysis_data: {
      appointment_rescheduled: true,
      new_appointment_datetime: '2026-12-24T09:00:00Z',
      cancellation_reason: `${name} is away`,
      action_required: true,
      likes: name,
    },
  },
  ...about,
});

export const personalPaths = (callId: string) => [
  '/api/call-sessions',
  '/api/call-sessions?fields=transcript',
  `/api/call-sessions/call:${callId}`,
  `/api/call-sessions/call:${callId}/history`,
  `/api/call-sessions/call:${callId}?at=2026-12-31T00:00:00Z`,
  '/api/appointments',
  `/api/appointments/apt_${callId}`,
  '/api/tickets',
  `/api/tickets/tkt_${callId}`,
  '/api/customers',
];
