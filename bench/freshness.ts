/** `npm run bench -- freshness`: from the 204 of a webhook to the answer of the query API that shows its fact. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCallLedger } from './call-ledger.ts';
import { offer, POLL_MS, WARM_UP_SECONDS } from './freshness/offer.ts';
import { numbersOf } from './options.ts';
import { percentile } from './percentiles.ts';
import { cpuOf } from './rebuild/cpu-of.ts';

const TARGET_MS = 100;

export async function benchFreshness(args: readonly string[]): Promise<void> {
  const { rate, seconds } = numbersOf(args, { rate: 500, seconds: 20 });
  const folder = await mkdtemp(join(tmpdir(), 'call-ledger-bench-'));
  await chmod(folder, 0o755); // as root Postgres is another user
  const service = await startCallLedger(folder);
  try {
    await offer(service, Math.min(rate, 200), 2); // warm
    const before = await cpuOf(service.pid);
    const { perSecond, refused, unseen, late, toAnswer, toVisible } = await offer(service, rate, seconds);
    const cpuMs = (((await cpuOf(service.pid)) - before) * 1000) / (rate * (seconds + WARM_UP_SECONDS));
    const row = (what: string, values: readonly number[]) => ({
      what,
      measured: values.length,
      'p50 ms': percentile(values, 0.5),
      'p90 ms': percentile(values, 0.9),
      'p99 ms': percentile(values, 0.99),
      'max ms': percentile(values, 1),
    });
    console.log(`${rate} facts/s offered for ${seconds} s: ${perSecond.toFixed(1)}/s accepted, ${refused} refused`);
    console.table([
      row('due → sent (this program)', late),
      row('due → 204', toAnswer),
      row('204 → visible', toVisible),
    ]);
    console.log(`CPU of the service with its stores: ${cpuMs.toFixed(2)} ms a fact, with the answers to those GETs.`);
    const p99 = percentile(toVisible, 0.99);
    console.log(`204 → visible includes one GET and up to ${POLL_MS} ms between two of them. Not seen: ${unseen}.`);
    console.log(`Target p99 < ${TARGET_MS} ms: ${unseen === 0 && p99 < TARGET_MS ? 'met' : 'MISSED'} (${p99} ms)`);
  } finally {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
