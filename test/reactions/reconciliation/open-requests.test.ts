import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveOpenRequests } from '../../../src/commands/calls/open-requests.ts';
import { openPlacements } from '../../../src/commands/calls/placements.ts';
import { retellApi } from '../../../src/commands/calls/retell-api.ts';
import { type PlacementTimes, placementTimes } from '../../../src/commands/calls/session-record.ts';
import { fast } from '../../commands/calls/scene.ts';
import { logger, type Scene, startScene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());

/** What a process leaves that dies once the request is on record. */
const requested = (session: string) =>
  scene.log.append(`session-default.${session}`, 'no_stream', [
    {
      id: randomUUID(),
      type: 'CallRequested',
      data: { fromNumber: '+442079460018', toNumber: '+447700900123', requestDigest: 'd', by: 'key-1' },
      metadata: {
        tenantId: 'default',
        source: 'command',
        receivedAt: new Date().toISOString(),
        $correlationId: session,
      },
    },
  ]);
const types = async (session: string) => (await scene.log.read(`session-default.${session}`)).map(({ type }) => type);

test('what a failing look at the start has left open gets its answer in the next run', async () => {
  const { log, retell, line } = scene;
  const placements = openPlacements({ log, logger, retellOf: () => retellApi(retell.apiKey, line.url), times: fast });
  const settle = (signal: AbortSignal) => resolveOpenRequests({ log, placements, logger, signal, forMs: 3000 });
  await requested('cs_dialled');
  await requested('cs_never_dialled');
  retell.make({
    ...{ from_number: '+442079460018', to_number: '+447700900123' },
    metadata: { call_session_id: 'cs_dialled', tenant_id: 'default' },
  });

  line.fails(({ path }) => (path === '/v3/list-calls' ? { status: 500 } : undefined));
  const atStart = await settle(new AbortController().signal);
  expect(atStart).toEqual({ placed: 0, failed: 0, open: 2 });
  line.clear();

  const reconciliation = scene.start({ settleRequests: settle });
  // It takes some lists, and some time, until a call that is in none counts as not placed.
  await scene.eventually(async () => {
    await scene.run(reconciliation);
    return (await types('cs_never_dialled')).length === 2;
  });
  expect(await types('cs_dialled')).toEqual(['CallRequested', 'CallPlaced']);
  expect(await types('cs_never_dialled')).toEqual(['CallRequested', 'CallPlacementFailed']);
  const report = await scene.run(reconciliation);
  expect(report.requests).toEqual({ placed: 0, failed: 0, open: 0 });
  await placements.drain();
});

const placing = (times: Partial<PlacementTimes>) => {
  const { log, retell, line } = scene;
  const api = retellApi(retell.apiKey, line.url);
  const placements = openPlacements({ log, logger, retellOf: () => api, times: { ...fast, ...times } });
  return { api, placements };
};

test('a create that Retell has not answered yet keeps no run waiting', async () => {
  const { log, retell } = scene;
  const { api, placements } = placing({ answerWithinMs: 100, createTimeoutMs: 600_000 });
  const answered = Promise.withResolvers<void>();
  retell.next({ until: answered.promise });
  const order = { fromNumber: '+442079460018', toNumber: '+447700900123' };
  await placements.place(
    { tenantId: 'default', sessionId: 'cs_unanswered', order, requestDigest: 'd', by: 'key-1' },
    api,
  );
  const settleRequests = (signal: AbortSignal) =>
    resolveOpenRequests({ log, placements, logger, signal, forMs: 600_000 });
  const report = await scene.run(scene.start({ settleRequests }));
  expect(report.requests).toEqual({ placed: 0, failed: 0, open: 1 });
  expect(report.tenants[0]).toMatchObject({ phase: 'done' });
  answered.resolve();
  await scene.eventually(async () => (await types('cs_unanswered')).length === 2);
  await placements.drain();
});

test('and neither do forty requests of another process whose calls Retell does not list', async () => {
  const { log, line } = scene;
  line.clear();
  const names = Array.from({ length: 40 }, (_, i) => `cs_left_${i}`);
  await Promise.all(names.map(requested));
  const { placements } = placing({ listTimeoutMs: 600_000, settledAfterMs: 600_000 });
  const look = (forMs: number) =>
    resolveOpenRequests({ log, placements, logger, signal: new AbortController().signal, forMs });

  // Each is looked for as often as a list has to be asked to be believed, and left to the next run.
  expect(await look(600_000)).toEqual({ placed: 0, failed: 0, open: 40 });
  expect(line.lists()).toHaveLength(40 * placementTimes.emptyLists);
  // And where lists do not answer at all, the time is over for all of them at once.
  line.fails(({ path }) => (path === '/v3/list-calls' ? 'hang' : undefined));
  expect(await look(200)).toEqual({ placed: 0, failed: 0, open: 40 });
  line.clear();

  const { placements: later } = placing({ settledAfterMs: 0 });
  const signal = new AbortController().signal;
  let failed = 0;
  await scene.eventually(async () => {
    const settled = await resolveOpenRequests({ log, placements: later, logger, signal, forMs: 600_000 });
    failed += settled.failed;
    return settled.open === 0; // what a busy machine leaves open is for the next run
  });
  expect(failed).toBe(40);
  await Promise.all([placements.drain(), later.drain()]);
});

test('a settling that fails is no reason not to reconcile', async () => {
  const callId = await scene.call('confirmed');
  await scene.retell.quiet();
  const failing = scene.start({ settleRequests: () => Promise.reject(new Error('as told')) });
  await scene.run(failing);
  expect(await scene.types(callId)).toHaveLength(3);
});
