import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Caller } from '../../src/http/bearer.ts';
import { relayTo } from '../support/relay.ts';
import { authenticate } from './callers.ts';
import { calls, eventStream, hears, webSocket } from './live-clients.ts';
import { liveFeedOfFile } from './live-scene.ts';

const { service, readModel, serviceOf, open, happen, many, now, next } = await liveFeedOfFile();

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** In MB, of what is not garbage. */
const memoryInUse = () => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
};

describe.each([
  ['an event stream', eventStream],
  ['a WebSocket', webSocket],
] as const)('%s', (transport, listen) => {
  test('ends soon after its key is revoked, and says so', async () => {
    let known: Caller | undefined = { tenantId: 'acme', keyId: '9', scopes: ['read'] };
    const other = await serviceOf({ authenticate: (key) => (key === 'doomed' ? known : authenticate(key)) });
    onTestFinished(other.stop);
    const [doomed, kept] = [await open(listen, other.url, { key: 'doomed' }), await open(listen, other.url)];
    known = undefined;
    const begin = performance.now();
    const { reason, code } = await doomed.ended;
    expect(performance.now() - begin).toBeLessThan(20_000);
    expect([reason, code]).toEqual(['key_revoked', transport === 'a WebSocket' ? 1008 : undefined]);
    const [later] = await happen({});
    expect(await hears(kept, 1)).toEqual([later]);
    expect(calls(doomed)).toEqual([]);
    await expect(open(listen, other.url, { key: 'doomed' })).rejects.toThrow('401');
  });

  test('ends with a reason when the process does, and does not keep it from ending', async () => {
    const other = await serviceOf();
    const ears = await open(listen, other.url);
    const begin = performance.now();
    await other.stop();
    expect(performance.now() - begin).toBeLessThan(20_000);
    const { reason, code } = await ears.ended;
    expect([reason, code]).toEqual(['shutting_down', transport === 'a WebSocket' ? 1001 : undefined]);
  });

  test('ends at once where the process is about to end', async () => {
    const other = await serviceOf();
    await other.live.close();
    const ears = await open(listen, other.url);
    expect((await ears.ended).reason).toBe('shutting_down');
    await other.stop();
  });

  test('outlives an outage of Postgres and misses nothing', async () => {
    const relay = await relayTo(readModel.url);
    const other = await serviceOf({ heartbeatMs: 100 }, relay.url);
    onTestFinished(async () => {
      await other.stop();
      await relay.stop();
    });
    const [ears, behind] = [await open(listen, other.url), await open(listen, other.url, { cursor: now() })];
    const before = await many(2);
    await hears(ears, 2);
    relay.close();
    const during = await many(3);
    const beats = ears.beats();
    await expect.poll(() => ears.beats()).toBeGreaterThan(beats + 2);
    await expect(open(listen, other.url)).rejects.toThrow('database_unavailable');
    const resumed = await open(listen, other.url, { cursor: ears.heard.at(-1)!.id });
    expect(calls(ears)).toEqual(before);
    relay.open();
    const after = await many(2);
    for (const each of [ears, behind]) expect(await hears(each, 7)).toEqual([...before, ...during, ...after]);
    expect(await hears(resumed, 5)).toEqual([...during, ...after]);
  });

  test('that takes nothing is dropped with the reason, buffers next to nothing, and can resume', async () => {
    const impatient = await serviceOf({ stalledMs: 300 });
    onTestFinished(impatient.stop);
    const cursor = now();
    const long = 'x'.repeat(500);
    const stalled = await Promise.all(Array.from({ length: 8 }, () => open(listen, impatient.url)));
    for (const ears of stalled) ears.pause();
    const before = memoryInUse();
    await sql`insert into outcome_changes (position, tenant_id, call_id, session_id, appointment_id, outcome, changed_at)
      select ${cursor}::bigint + i, 'acme', ${long} || i, 's', ${long}, 'confirmed', now()
      from generate_series(1, 20000) i`.execute(readModel.writer);
    next(20_000);
    await expect.poll(() => impatient.logged().match(/too_slow/g)?.length).toBe(8);
    // Eight clients have not taken 22 MB each; kernels keep a few of those.
    expect(memoryInUse() - before).toBeLessThan(40);
    const [ears] = stalled;
    ears!.resume();
    const { reason, code } = await ears!.ended;
    expect([reason, code]).toEqual(['too_slow', transport === 'a WebSocket' ? 1013 : undefined]);
    const taken = calls(ears!);
    expect(taken.length).toBeLessThan(20_000);
    const last = ears!.heard.findLast(({ event }) => event === 'call.outcome.changed')!.id;
    const again = await open(listen, service.url, { cursor: last });
    const rest = await hears(again, 20_000 - taken.length);
    expect([...taken, ...rest].map((id) => Number(id.slice(500)))).toEqual(
      Array.from({ length: 20_000 }, (_, i) => i + 1),
    );
  });
});

test('an outage is told once, and that it is over', async () => {
  const relay = await relayTo(readModel.url);
  const other = await serviceOf({}, relay.url);
  onTestFinished(async () => {
    await other.stop();
    await relay.stop();
  });
  relay.close();
  const ears = await open(eventStream, other.url, { cursor: now() });
  await expect.poll(() => other.logged()).toContain('live_feed_waits');
  await sleep(1300); // several attempts, of the process and of the follower
  expect(other.logged().match(/live_feed_waits/g)).toHaveLength(1);
  relay.open();
  const [id] = await happen({});
  expect(await hears(ears, 1)).toEqual([id]);
  await expect.poll(() => other.logged()).toContain('live_feed_resumed');
});
