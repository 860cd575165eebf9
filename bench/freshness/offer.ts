import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import type { CallLedger } from '../call-ledger.ts';
import { signature, type Webhook, webhookOf } from './webhooks.ts';

export type Offered = {
  /** Accepted per second from when the first was due to the last answer. */
  readonly perSecond: number;
  readonly refused: number;
  /** Samples whose fact was not to be seen within `GIVE_UP_MS`. */
  readonly unseen: number;
  /** Milliseconds by which the posts were sent later than planned: how well this program kept the pace. */
  readonly late: readonly number[];
  /** Milliseconds from when a post was due to its 204. */
  readonly toAnswer: readonly number[];
  /** Milliseconds from the 204 to the end of the first GET that showed the fact. */
  readonly toVisible: readonly number[];
};

export const POLL_MS = 5;
/** Each is asked for some ten times: more of them would be much of the load that is measured. */
const SAMPLES_PER_SECOND = 10;
export const WARM_UP_SECONDS = 3;
const GIVE_UP_MS = 10_000;
let rounds = 0;

/**
 * Posts webhooks at a fixed rate, whatever becomes of those before (open loop), and asks the query API for every so
 * manieth fact until it shows. Each call starts, ends a second later, and is analysed a second after that.
 */
export async function offer(service: CallLedger, rate: number, seconds: number): Promise<Offered> {
  const round = `${process.pid}_${rounds++}`;
  const posts = new Pool(service.url, { connections: 128, pipelining: 1 });
  const gets = new Pool(service.url, { connections: 32, pipelining: 1 });
  const [late, toAnswer, toVisible]: [number[], number[], number[]] = [[], [], []];
  let [accepted, refused, unseen, lastAnswer] = [0, 0, 0, 0];
  const underWay = new Set<Promise<void>>();
  const total = rate * (WARM_UP_SECONDS + seconds);
  const perSample = Math.max(1, Math.round(rate / SAMPLES_PER_SECOND));

  const one = async (i: number, due: number) => {
    const measured = i >= rate * WARM_UP_SECONDS;
    const webhook = ith(i, rate, round);
    if (measured) late.push(performance.now() - due);
    const ok = await post(posts, webhook, service.webhookKey);
    const answered = performance.now();
    if (!measured) return;
    lastAnswer = answered;
    toAnswer.push(answered - due);
    if (!ok) return void refused++;
    accepted++;
    if (i % perSample !== 0) return;
    const seen = await visible(gets, webhook, service.apiKey, answered + GIVE_UP_MS);
    if (seen === undefined) unseen++;
    else toVisible.push(seen - answered);
  };

  const began = performance.now();
  for (let i = 0; i < total; ) {
    const due = began + (i * 1000) / rate;
    if (due > performance.now()) {
      await sleep(1);
      continue;
    }
    const running = one(i++, due).finally(() => underWay.delete(running));
    underWay.add(running);
  }
  await Promise.all(underWay);
  await Promise.all([posts.close(), gets.close()]);
  const took = Math.max(seconds, (lastAnswer - began) / 1000 - WARM_UP_SECONDS);
  return { perSecond: accepted / took, refused, unseen, late, toAnswer, toVisible };
}

function ith(i: number, rate: number, round: string): Webhook {
  const n = i % 3;
  const call = Math.floor(i / 3) - n * Math.ceil(rate / 3);
  return call < 0 ? webhookOf(`${round}_before_${i}`, 0, Date.now()) : webhookOf(`${round}_${call}`, n, Date.now());
}

async function post(pool: Pool, { body }: Webhook, key: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json', 'x-retell-signature': signature(body, key, Date.now()) };
  try {
    const answer = await pool.request({ method: 'POST', path: '/api/webhooks/retell', headers, body });
    await answer.body.dump();
    return answer.statusCode === 204;
  } catch {
    return false;
  }
}

/** When the session was first seen to hold the fact. */
async function visible(pool: Pool, { sessionId, revision }: Webhook, key: string, until: number) {
  const headers = { authorization: `Bearer ${key}` };
  while (performance.now() < until) {
    const asked = performance.now();
    const answer = await pool.request({ method: 'GET', path: `/api/call-sessions/${sessionId}`, headers });
    const text = await answer.body.text();
    if (answer.statusCode === 200 && (JSON.parse(text) as { revision: number }).revision >= revision)
      return performance.now();
    await sleep(Math.max(0, asked + POLL_MS - performance.now()));
  }
  return undefined;
}
