import { expect, test, vi } from 'vitest';
import { type EventLog, EventStoreUnavailable } from '../../src/events/event-log.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { measureProjections } from '../../src/measurements.ts';
import { overviewOf } from '../../src/projections/engine/overview.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { type RunningProjections, startProjections } from '../../src/projections/engine/start.ts';
import { readinessOf } from '../../src/readiness.ts';
import { caughtUp, eventually, sceneOfFile } from './operations-scene.ts';
import { logger } from './stores.ts';
import { tally } from './tally.ts';

// While the event store is away nothing is said of what the log holds: neither that the read model equals it, nor by how
// much it is behind.

const scene = await sceneOfFile();

let away = false;
const unlessAway = <A extends readonly unknown[], R>(ask: (...args: A) => Promise<R>) => {
  return async (...args: A): Promise<R> => {
    if (away) throw new EventStoreUnavailable('away');
    return ask(...args);
  };
};
const log: EventLog = { ...scene.log, head: unlessAway(scene.log.head), newest: unlessAway(scene.log.newest) };

async function start(projection: Projection): Promise<RunningProjections & AsyncDisposable> {
  away = false;
  const running = await startProjections({
    ...{ log, databaseUrl: scene.databaseUrl, projections: [projection], logger },
    options: { standbyMs: 50, watchEveryMs: 50 },
    operations: { pollMs: 20 },
  });
  return { ...running, [Symbol.asyncDispose]: running.stop };
}

test('an empty read model does not equal a log that cannot be read', async () => {
  await using one = await start({ ...tally(), prefixes: ['no-such-stream-'] } as Projection);
  await eventually(one, { state: 'live', caughtUp: true });
  away = true;
  const { state, result, error } = await scene.over(await scene.request('verify'));
  expect({ state, result, error }).toMatchObject({ state: 'failed', error: { code: 'event_store_unavailable' } });
  expect(result?.equal).toBeUndefined();
  away = false;
  expect(await scene.over(await scene.request('verify'))).toMatchObject({
    state: 'succeeded',
    result: { equal: true },
  });
});

test('the lag is unknown while the log cannot be read, and known again after', async () => {
  const projection = tally() as Projection;
  await using one = await start(projection);
  await caughtUp(one, await scene.calls(2));
  const metrics = createMetrics();
  const stop = measureProjections(metrics, one);
  const lagIs = (lines: number) =>
    vi.waitFor(async () => {
      const text = await metrics.registry.metrics();
      expect(text.match(/^call_ledger_projection_lag_(events|seconds)\{.*\} \d/gm) ?? []).toHaveLength(lines);
    }, 10_000);
  const overview = async () => (await overviewOf(scene.db, [projection], one.status(), 100))[0];
  const parts: Parameters<typeof readinessOf>[0] = {
    ...{ log: { ...log, doubt: async () => undefined }, projections: one },
    directory: { ready: () => true } as Parameters<typeof readinessOf>[0]['directory'],
  };
  const ready = () => readinessOf(parts).projections?.tally?.();

  await eventually(one, { lagEvents: 0, lagSeconds: 0 });
  await lagIs(2);
  away = true;
  await eventually(one, { lagEvents: null, lagSeconds: null });
  expect(await overview()).toMatchObject({ lagEvents: null, lagSeconds: null, caughtUp: false });
  expect(await ready()).toEqual({ ok: true, detail: 'lag unknown' });
  await lagIs(0);

  away = false;
  await eventually(one, { lagEvents: 0, lagSeconds: 0, caughtUp: true });
  expect(await overview()).toMatchObject({ lagEvents: 0, caughtUp: true });
  expect(await ready()).toEqual({ ok: true });
  await lagIs(2);
  stop();
});
