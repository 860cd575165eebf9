/** `npm run bench -- feed`: from posting a webhook to its message in the live feed, and to its 204. */
import { createHmac } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentialsPath, parseCredentials } from '../src/credentials.ts';
import { start } from './processes.ts';

const CALLS = 400;
const EVERY_MS = 10;

export async function benchFeed(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'call-ledger-bench-'));
  await chmod(folder, 0o755); // as root Postgres is another user
  const service = await start(join(import.meta.dirname, '../src/main.ts'), { PORT: '0', DATA_DIR: folder });
  const listening = new AbortController();
  try {
    const keys = await credentialsOf(folder);
    while (!(await fetch(`${service.url}/health/ready`)).ok) await sleep(50);
    const posted = new Map<string, number>();
    const toFeed: number[] = [];
    const toAnswer: number[] = [];
    const following = follow(`${service.url}/api/live`, keys.get('API_KEY')!, listening.signal, (callId) => {
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
      const d = createHmac('sha256', keys.get('RETELL_WEBHOOK_SECRET')!).update(body).update(String(v)).digest('hex');
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

function row(what: string, milliseconds: readonly number[]) {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(1);
  return { what, measured: sorted.length, of: CALLS, 'p50 ms': at(0.5), 'p99 ms': at(0.99) };
}

/** The greeting makes the API key a moment after the service listens. */
async function credentialsOf(folder: string): Promise<Map<string, string>> {
  for (;;) {
    const keys = parseCredentials(await readFile(credentialsPath(folder), 'utf8').catch(() => ''));
    if (keys.has('API_KEY')) return keys;
    await sleep(50);
  }
}
