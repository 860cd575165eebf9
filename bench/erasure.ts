/** `npm run bench -- erasure [--calls 10000]`: a person of many calls is erased, while webhooks and reads go on. */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { type CallLedger, caughtUp, startCallLedger } from './call-ledger.ts';
import { type Offered, offer } from './freshness/offer.ts';
import { signature } from './freshness/webhooks.ts';
import { numbersOf } from './options.ts';
import { percentile } from './percentiles.ts';
import { cpuOf } from './rebuild/cpu-of.ts';

const PERSON = '+4930901234';
const SENDERS = 16;
const ATTEMPTS = 100;
const GIVE_UP_MS = 60 * 60_000;

type Shown = { readonly state: string; readonly calls: number; readonly erased: number; readonly physical: string };

export async function benchErasure(args: readonly string[]): Promise<void> {
  const { calls, rate, seconds } = numbersOf(args, { calls: 10_000, rate: 30, seconds: 15 });
  const folder = await mkdtemp(join(tmpdir(), 'call-ledger-bench-'));
  await chmod(folder, 0o755); // as root Postgres is another user
  const service = await startCallLedger(folder);
  const memory = watchMemory(service.pid);
  const rows: ReturnType<typeof row>[] = [];
  const during = async (what: string, work: () => Promise<Offered[]>) => {
    const [began, cpu] = [performance.now(), await cpuOf(service.pid)];
    const offered = await work();
    const share = ((await cpuOf(service.pid)) - cpu) / ((performance.now() - began) / 1000);
    rows.push(row(what, offered, { memory: memory.peak(), share }));
  };
  try {
    await postCalls(service, calls);
    await caughtUp(service.url);
    await offer(service, rate, 2); // warm
    await during('before', async () => [await offer(service, rate, seconds)]);
    const erasure = await erase(service);
    for (const phase of ['being erased', 'being removed'] as const)
      await during(phase, async () => {
        const offered: Offered[] = [];
        do offered.push(await offer(service, rate, Math.min(seconds, 5)));
        while (erasure.phase() === phase);
        return offered;
      });
    const { doneIn, removedIn, stood, steps } = await erasure.ended;
    await during('afterwards', async () => [await offer(service, rate, seconds)]);
    console.log(`${rate} webhooks/s offered all the time, ten a second read until they show.`);
    console.table(rows);
    console.log(`${calls} calls of one number: erased in ${doneIn} s, off the disk after ${removedIn} s.`);
    console.log(`The progress moved ${steps} times, and stood for ${stood} s at most.`);
  } finally {
    memory.stop();
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Calls of the person as one webhook each, with a ticket and a customer. */
async function postCalls({ url, webhookKey }: CallLedger, calls: number): Promise<void> {
  const pool = new Pool(url, { connections: SENDERS });
  const isTaken = async (text: string): Promise<boolean> => {
    const headers = {
      'content-type': 'application/json',
      'x-retell-signature': signature(text, webhookKey, Date.now()),
    };
    const path = '/api/webhooks/retell-inbound-ticket';
    const { statusCode, body } = await pool.request({ path, method: 'POST', body: text, headers });
    await body.dump();
    return statusCode === 204;
  };
  let next = 0;
  const sender = async () => {
    for (let n = next++; n < calls; n = next++)
      for (let attempt = 1; !(await isTaken(callOf(n))); attempt++) {
        if (attempt === ATTEMPTS) throw new Error(`call ${n} was not taken`);
        await sleep(250);
      }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  await pool.close();
}

function callOf(n: number): string {
  const endedAt = Date.now() - 60_000 - n * 1000;
  const call = {
    ...{ call_id: `call_of_person_${n}`, call_type: 'phone_call', agent_id: 'agent_bench', direction: 'inbound' },
    ...{ call_status: 'ended', disconnection_reason: 'user_hangup', from_number: PERSON, to_number: '+442079460018' },
    ...{ start_timestamp: endedAt - 60_000, end_timestamp: endedAt, duration_ms: 60_000 },
    metadata: { appointment_id: `apt_of_person_${n}` },
    transcript: 'Agent: Can you make it on Thursday?\nUser: Yes, I will be there.\n'.repeat(8),
    call_analysis: {
      call_summary: 'Confirmed.',
      custom_analysis_data: { appointment_confirmed: true, action_required: n % 2 === 0, customer_name: 'Sam' },
    },
  };
  return JSON.stringify({ event: 'call_analyzed', event_timestamp: endedAt, call });
}

/** Asks for the erasure, and watches how far it is. */
async function erase({ url, adminKey }: CallLedger) {
  const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ tenantId: 'default', phone: PERSON });
  const asked = await fetch(`${url}/api/erasures`, { method: 'POST', headers, body });
  if (asked.status !== 202) throw new Error(`${asked.status} ${await asked.text()}`);
  const { id } = (await asked.json()) as { id: string };
  const began = performance.now();
  const secondsSince = (at: number) => Math.round((performance.now() - at) / 100) / 10;
  let shown: Shown | undefined;
  let over = false;
  const watch = async () => {
    let [doneIn, stood, steps, movedAt] = [0, 0, 0, began];
    while (performance.now() - began < GIVE_UP_MS) {
      const now = (await (await fetch(`${url}/api/erasures/${id}`, { headers })).json()) as Shown;
      if (now.state === 'failed') throw new Error('the erasure failed');
      if (now.state !== 'done' || doneIn === 0) {
        if (now.erased !== shown?.erased || now.calls !== shown.calls)
          [steps, movedAt] = [steps + 1, performance.now()];
        stood = Math.max(stood, secondsSince(movedAt));
      }
      shown = now;
      if (now.state === 'done') doneIn ||= secondsSince(began);
      if (now.physical === 'done') return { doneIn, removedIn: secondsSince(began), stood, steps };
      await sleep(250);
    }
    throw new Error('it took too long');
  };
  const ended = watch().finally(() => {
    over = true;
  });
  ended.catch(() => {});
  const phase = () => (over ? 'over' : shown?.state === 'done' ? 'being removed' : 'being erased');
  return { ended, phase };
}

const row = (
  during: string,
  offered: readonly Offered[],
  { memory, share }: { readonly memory: number; readonly share: number },
) => {
  const all = (of: 'toAnswer' | 'toVisible' | 'late') => offered.flatMap((one) => one[of]);
  const sum = (of: 'refused' | 'unseen') => offered.reduce((total, one) => total + one[of], 0);
  return {
    during,
    '204 p50 ms': percentile(all('toAnswer'), 0.5),
    '204 p99 ms': percentile(all('toAnswer'), 0.99),
    'visible p50 ms': percentile(all('toVisible'), 0.5),
    'visible p99 ms': percentile(all('toVisible'), 0.99),
    refused: sum('refused'),
    unseen: sum('unseen'),
    'cores taken': share.toFixed(2),
    'peak MB': memory,
  };
};

/** Of the service's own process (Linux only), since it was asked last. */
function watchMemory(pid: number) {
  let peak = 0;
  const look = async () => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0));
  };
  const timer = setInterval(look, 500);
  return {
    peak() {
      const was = peak;
      peak = 0;
      return Math.round(was / 1024);
    },
    stop: () => clearInterval(timer),
  };
}
