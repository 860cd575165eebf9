import { randomUUID } from 'node:crypto';
import { Kysely, PostgresDialect } from 'kysely';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type EventLog, EventStoreUnavailable } from '../../src/events/event-log.ts';
import { lagOfViews } from '../../src/projections/engine/progress.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { watchViews } from '../../src/projections/engine/shown.ts';
import { readinessOf } from '../../src/readiness.ts';
import { caughtUp, sceneOfFile } from './operations-scene.ts';
import { logger } from './stores.ts';
import { tally } from './tally.ts';

// What a process knows of the views that it shows and does not write.

const scene = await sceneOfFile();
const projection = tally() as Projection;
const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: scene.pool }) });

function watch(log: EventLog = scene.log) {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const views = watchViews([projection], { log, db, logger, signal: over.signal, everyMs: 20 });
  const watched = { ...log, doubt: async () => undefined };
  const checks = readinessOf({ log: watched, directory: { ready: () => true } as never, projections: views });
  const is = (lag: number | null | object, ready: object) =>
    vi.waitFor(
      async () => expect([lagOfViews(views.status()), await checks.projections!.tally!()]).toEqual([lag, ready]),
      {
        timeout: 20_000,
        interval: 20,
      },
    );
  return { is, lag: () => lagOfViews(views.status()) };
}

test('it is late once the log has had more for ten seconds, and ready when the views show its end', async () => {
  const { is } = watch();
  await is(0, { ok: false, detail: 'starting, 0 events behind' });
  const running = await scene.start(projection);
  await caughtUp(running, await scene.calls(1));
  await is(0, { ok: true });

  await running.stop();
  await scene.calls(1);
  await is(expect.closeTo(5, -1), { ok: true });
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 10_000);
  await is(expect.closeTo(15, -1), { ok: false, detail: 'live, 2 events behind' });
});

test('it claims nothing of a log that it has not read, or cannot read', async () => {
  let away = true;
  const newest: EventLog['newest'] = (...page) =>
    away ? Promise.reject(new EventStoreUnavailable('away')) : scene.log.newest(...page);
  const { is, lag } = watch({ ...scene.log, newest });
  expect(lag()).toBeNull();
  const running = await scene.start(projection);
  await caughtUp(running, await scene.calls(1));
  await is(null, { ok: true, detail: 'lag unknown' });
  away = false;
  await is(0, { ok: true });
  away = true;
  await is(null, { ok: true, detail: 'lag unknown' });
});

test('readiness looks at the end of the log once for all that it is asked about, and anew the next time', async () => {
  const running = await scene.start(projection);
  await caughtUp(running, await scene.calls(1));
  const newest = vi.fn(scene.log.newest);
  const checks = readinessOf({
    ...{
      log: { ...scene.log, newest, doubt: async () => undefined } as never,
      directory: { ready: () => true } as never,
    },
    ...{ db: db as never, projections: running, shown: [projection] },
  }).projections!;
  for (const looks of [1, 2]) {
    const all = await Promise.all([checks.tally!(), checks.tally!()]);
    expect([all, newest.mock.calls.length]).toEqual([[{ ok: true }, { ok: true }], looks]);
  }
});

test('views of another log are not ready', async () => {
  const running = await scene.start(projection);
  await caughtUp(running, await scene.calls(1));
  const newest: EventLog['newest'] = async (...page) =>
    (await scene.log.newest(...page)).map((event) => ({ ...event, id: randomUUID() }));
  const { is } = watch({ ...scene.log, newest });
  await is(0, { ok: false, detail: 'stale: the log was restored or is another one' });
});
