/** `npm run bench -- feed`: from posting a webhook to its message in the live feed, and to its 204. */
import { createHmac } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCallLedger } from './call-ledger.ts';
import { percentile } from './percentiles.ts';

const CALLS = 400;
const EVERY_MS = 10;

export async function benchFeed(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'call-ledger-bench-'));
  await chmod(folder, 0o755); // as root Postgres is another user
  const service = await startCallLedger(folder);
  const listening = new AbortController();
  try {
    const posted = new Map<string, number>();
    const toFeed: number[] = [];
    const toAnswer: number[] = [];
    const following = follow(`${service.url}/api/live`, service.apiKey, listening.signal, (callId) => {
      toFeed.push(performance.now() - posted.get(callId)!);
    });
    await sleep(200);
    for (let n = 0; n < CALLS; n++) {
      const callId = `call_feed_${n}`;
      const body = JSON.stringify({
        event: 'call_analyzed',
        call: {
          call_id: callId,
          call_status: 'ended',
          metadata: { appointment_id: `apt_${n}`, call_session_id: `cs_feed_${n}` },
          call_analysis: { custom_analysis_data: { appointment_confirmed: true } },
        },
      });
      const v = Date.now();
      const d = createHmac('sha256', service.webhookKey).update(body).update(String(v)).digest('hex');
      posted.set(callId, performance.now());
      void fetch(`${service.url}/api/webhooks/retell`, {
        method: 'POST',
        headers: { 'x-retell-signature': `v=${v},d=${d}` },
        body,
      }).then(() => toAnswer.push(performance.now() - posted.get(callId)!));
      await sleep(EVERY_MS);
    }
    for (let waited = 0; toFeed.length < CALLS && waited < 10_000; waited += 50) await sleep(50);
    listening.abort();
    await following;
    console.table([row('webhook → 204', toAnswer), row('webhook → feed', toFeed)]);
  } finally {
    listening.abort();
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function follow(url: string, key: string, signal: AbortSignal, onChange: (callId: string) => void) {
  try {
    const response = await fetch(url, { headers: { authorization: `Bearer ${key}` }, signal });
    if (!response.ok) throw new Error(`the feed answered ${response.status}`);
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const end = text.lastIndexOf('\n\n');
      for (const [, callId] of text.slice(0, Math.max(0, end)).matchAll(/"callId":"(call_feed_\d+)"/g))
        onChange(callId!);
      text = text.slice(Math.max(0, end));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

const row = (what: string, milliseconds: readonly number[]) => ({
  what,
  measured: milliseconds.length,
  of: CALLS,
  'p50 ms': percentile(milliseconds, 0.5),
  'p99 ms': percentile(milliseconds, 0.99),
});
