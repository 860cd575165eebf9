import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomFrom } from '../../../src/cli/simulate/random.ts';
import { type Scene, startScene } from './scene.ts';

/** RECONCILIATION_CALLS=1000 for the whole of it. */
const CALLS = Number(process.env.RECONCILIATION_CALLS ?? 200);
let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());

test('with a third of all webhooks lost and the service away for a while, every session comes out as Retell has it', async () => {
  const { retell, hook } = scene;
  const reconciliation = scene.start({ pace: { concurrency: 8, requestsPerSecond: 1000, timeoutMs: 5000 } });
  await scene.run(reconciliation); // before there is any call
  const random = randomFrom(7);
  const lost = () => ({ lost: random.below(3) === 0 });
  for (let made = 0; made < CALLS; made += 50) {
    const away = made >= CALLS / 2 && made < (CALLS * 3) / 4;
    retell.webhooksTo(away ? { ...hook, url: 'http://127.0.0.1:9/' } : { ...hook, fate: lost });
    await Promise.all(Array.from({ length: Math.min(50, CALLS - made) }, () => scene.call()));
    await retell.quiet();
  }
  await scene.caughtUp();

  const statuses = async () => {
    const { rows } = await scene.pool.query('select id, status from call_sessions');
    return new Map(rows.map(({ id, status }) => [id as string, status as string]));
  };
  // A call that Retell never analyses stays pending for a day.
  const truth = new Map<string, string>();
  for (const { metadata } of retell.calls()) {
    const id = String(metadata!.call_session_id);
    truth.set(id, retell.truth(id)[0]!.story.expected.status);
  }
  expect(truth.size).toBe(CALLS);
  expect(await statuses()).not.toEqual(truth); // else nothing would be shown

  const report = await scene.run(reconciliation);
  expect(report.error).toBeUndefined();
  expect(await statuses()).toEqual(truth);
  const covered = await scene.covered();
  expect(covered).toMatchObject({ retell: CALLS, log: CALLS, missing: 0, percent: 100 });
  expect(covered.webhook).toBeGreaterThan(0);
  expect(covered.reconciliation).toBe(report.tenants[0]!.recorded);
  expect(covered.webhook + covered.reconciliation).toBeGreaterThanOrEqual(CALLS);

  // Nothing of what Retell has is news any more.
  const again = await scene.run(reconciliation);
  expect(again.tenants[0]).toMatchObject({ recorded: 0 });
  expect(await scene.covered()).toEqual(covered);
}, 120_000);
