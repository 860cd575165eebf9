import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export type Target = {
  readonly url: string;
  readonly webhookKey: string;
  readonly apiKey: string;
  readonly adminKey: string;
};
export type Counts = Record<string, number>;

const LATE_MS = 5000;
const REBUILD_EVERY_MS = 5 * 60_000;
const LISTENERS = 5;

/** Steady traffic until the signal: new calls, some twice, late or forged; readers; listeners that come and go; rebuilds. */
export async function traffic({ url, ...keys }: Target, perSecond: number, signal: AbortSignal): Promise<Counts> {
  const counts: Counts = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const ask = async (what: string, path: string, init: RequestInit = {}) => {
    try {
      const answer = await fetch(`${url}${path}`, init);
      await answer.arrayBuffer();
      count(`${what} ${answer.status}`);
    } catch {
      count(`${what} failed`);
    }
  };
  const reader = { authorization: `Bearer ${keys.apiKey}` };
  const read = (path: string) => ask('read', path, { headers: reader });
  const rebuild = () =>
    ask('rebuild', '/api/projections/calls/rebuild', {
      method: 'POST',
      headers: { authorization: `Bearer ${keys.adminKey}` },
    });

  const post = (endpoint: string, webhook: object, key = keys.webhookKey) => {
    const body = JSON.stringify(webhook);
    const v = Date.now();
    const d = createHmac('sha256', key).update(body).update(String(v)).digest('hex');
    const headers = { 'content-type': 'application/json', 'x-retell-signature': `v=${v},d=${d}` };
    return ask('webhook', `/api/webhooks/${endpoint}`, { method: 'POST', body, headers });
  };
  let calls = 0;
  const newCall = async () => {
    const n = calls++;
    const isTicket = n % 10 === 0;
    const endpoint = isTicket ? 'retell-inbound-ticket' : 'retell';
    const call = {
      ...{ call_id: `call_soak_${n}`, call_type: 'phone_call', direction: isTicket ? 'inbound' : 'outbound' },
      ...{ from_number: `+4930${1_000_000 + (n % 5000)}`, to_number: `+4930${2_000_000 + (n % 5000)}` },
      metadata: { call_session_id: `cs_soak_${n}`, appointment_id: `apt_soak_${n % 5000}` },
      ...{ start_timestamp: Date.now() - 60_000, end_timestamp: Date.now(), disconnection_reason: 'user_hangup' },
      transcript: 'Agent: Can you make it on Thursday?\nUser: Yes, I will be there.\n'.repeat(20),
    };
    const analysis = {
      call_analysis: { custom_analysis_data: { appointment_confirmed: true, action_required: isTicket } },
    };
    await post(endpoint, { event: 'call_ended', call });
    if (n % 20 === 7) await post(endpoint, { event: 'call_ended', call }, 'a key of nobody');
    if (n % 10 === 3) await sleep(LATE_MS, undefined, { signal }).catch(() => {});
    const analysed = { event: 'call_analyzed', call: { ...call, ...analysis } };
    await post(endpoint, analysed);
    if (n % 5 === 0) await post(endpoint, analysed);
  };

  const listen = async (forMs: number) => {
    const until = AbortSignal.any([signal, AbortSignal.timeout(forMs)]);
    try {
      const answer = await fetch(`${url}/api/live`, { headers: reader, signal: until });
      count(`live ${answer.status}`);
      for await (const _ of answer.body ?? []) count('live piece');
    } catch {} // it was time
  };
  const again = async (everyMs: number, work: () => Promise<unknown>) => {
    while (!signal.aborted) {
      await Promise.all([work(), sleep(everyMs, undefined, { signal }).catch(() => {})]);
    }
  };
  const underWay = new Set<Promise<void>>();
  const steadily = async () => {
    const began = performance.now();
    while (!signal.aborted) {
      const done = newCall();
      underWay.add(done);
      void done.finally(() => underWay.delete(done));
      const next = began + (calls * 1000) / perSecond;
      await sleep(Math.max(0, next - performance.now()), undefined, { signal }).catch(() => {});
    }
    await Promise.all(underWay);
  };
  const recent = () => `cs_soak_${Math.max(0, calls - 200)}`;
  await Promise.all([
    steadily(),
    again(1000, () => read('/api/call-sessions?limit=50')),
    again(1000, () => read(`/api/call-sessions/${recent()}`)),
    again(3000, () => read('/api/summary')),
    again(5000, () => read(`/api/call-sessions/${recent()}/history`)),
    again(5000, () => read(`/api/call-sessions/${recent()}?at=${new Date().toISOString()}`)),
    again(3000, () => listen(2500)),
    ...Array.from({ length: LISTENERS }, () => again(1000, () => listen(60_000))),
    again(REBUILD_EVERY_MS, rebuild),
  ]);
  return counts;
}
