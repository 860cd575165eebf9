import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { openOperationsDatabase } from '../../src/administration/answers.ts';
import { operationRoutes } from '../../src/administration/operation-routes.ts';
import { projectionRoutes } from '../../src/administration/projection-routes.ts';
import { readerOf, slowTally } from '../projections/operations-scene.ts';
import { logger } from '../projections/stores.ts';
import { brittleTally, tally } from '../projections/tally.ts';
import { accessWith } from '../support/admin-access.ts';
import { ADMIN_KEY, startAdministration } from './scene.ts';

let scene: Awaited<ReturnType<typeof startAdministration>>;
beforeAll(async () => {
  scene = await startAdministration();
});
afterEach(async () => {
  scene.project(undefined);
  await scene.clear();
});
afterAll(() => scene.stop());

const nobody = '3f0e8f6e-3c56-4be5-9f5e-3f2c0f1d7a11';

test('a rebuild is requested, told of while it goes on, and over', async () => {
  const one = await scene.start(slowTally(20));
  scene.project(one);
  expect(await one.waitUntilCaughtUp(await scene.calls(40), 30_000)).toBe(true);
  const reader = await readerOf(scene.databaseUrl); // as long as it reads, nothing is swapped
  const { status, headers, body } = await scene.ask('POST', '/api/projections/tally/rebuild');
  expect([status, headers.get('location')]).toEqual([202, `/api/operations/${body.operationId}`]);
  await scene.begun();
  const { body: during } = await scene.ask('GET', '/api/projections');
  expect(during.items).toMatchObject([
    {
      name: 'tally',
      version: 1,
      generation: 1,
      state: 'live',
      operationId: body.operationId,
      building: { generation: 2 },
    },
  ]);
  await reader.end();
  await scene.over(body.operationId);
  const { body: operation } = await scene.ask('GET', `/api/operations/${body.operationId}`);
  expect(operation).toMatchObject({
    ...{ id: body.operationId, kind: 'rebuild', projection: 'tally', state: 'succeeded' },
    result: { generation: 2, replaced: 1 },
  });
  expect(operation.progress.done).toBe(operation.progress.total);
  expect(operation.requestedAt <= operation.startedAt && operation.startedAt <= operation.finishedAt).toBe(true);
  const { body: after } = await scene.ask('GET', '/api/projections');
  expect(after.items).toMatchObject([{ generation: 2, previous: { generation: 1, version: 1 } }]);
  expect(after.items[0]).not.toHaveProperty('building');
});

test('what a verification builds is not told of as what will be live', async () => {
  const one = await scene.start(slowTally(20));
  scene.project(one);
  expect(await one.waitUntilCaughtUp(await scene.calls(40), 30_000)).toBe(true);
  const { status, body } = await scene.ask('POST', '/api/projections/tally/verify');
  expect(status).toBe(202);
  await scene.begun();
  const { body: during } = await scene.ask('GET', '/api/projections');
  expect(during.items).toMatchObject([{ generation: 1, operationId: body.operationId }]);
  expect(during.items[0]).not.toHaveProperty('building');
  await scene.over(body.operationId);
  const { body: operation } = await scene.ask('GET', `/api/operations/${body.operationId}`);
  expect(operation).toMatchObject({ kind: 'verify', state: 'succeeded', result: { equal: true, differences: [] } });
});

test('a process that projects nothing accepts what another carries out, and tells how it stands', async () => {
  const { body: before } = await scene.ask('GET', '/api/projections');
  expect(before.items).toEqual([
    {
      ...{ name: 'tally', version: 1, generation: null, state: 'starting', checkpoint: null, head: null },
      ...{ lagEvents: null, lagSeconds: null, caughtUp: false },
    },
  ]);
  const { body } = await scene.ask('POST', '/api/projections/tally/rebuild');
  expect((await scene.ask('GET', `/api/operations/${body.operationId}`)).body).toMatchObject({ state: 'queued' });
  const one = await scene.start();
  const position = await scene.calls(1);
  await scene.over(body.operationId);
  expect(await one.waitUntilCaughtUp(position, 30_000)).toBe(true);
  const over = { generation: 2, checkpoint: `${position}`, lagEvents: 0, caughtUp: true };
  await vi.waitFor(async () => expect((await scene.ask('GET', '/api/projections')).body.items).toMatchObject([over]));
});

test('a second one is refused, with the id of the first; a cancelled one makes room', async () => {
  const { body: first } = await scene.ask('POST', '/api/projections/tally/rebuild');
  const second = await scene.ask('POST', '/api/projections/tally/rebuild');
  expect([second.status, second.body]).toMatchObject([409, { code: 'operation_under_way', ...first }]);
  const cancelled = await scene.ask('POST', `/api/operations/${first.operationId}/cancel`);
  expect([cancelled.status, cancelled.body.state]).toEqual([200, 'cancelled']);
  expect((await scene.ask('POST', `/api/operations/${first.operationId}/cancel`)).status).toBe(200);
  expect((await scene.ask('POST', '/api/projections/tally/rebuild')).status).toBe(202);
  const { body } = await scene.ask('GET', '/api/operations?limit=2');
  expect(body.items.map(({ state }: { state: string }) => state)).toEqual(['queued', 'cancelled']);
});

test('what is over cannot be cancelled', async () => {
  await scene.start();
  const id = await scene.request('rebuild');
  await scene.over(id);
  const { status, body } = await scene.ask('POST', `/api/operations/${id}/cancel`);
  expect([status, body]).toMatchObject([409, { code: 'operation_over', detail: 'It has succeeded already.' }]);
});

test('a rebuild in which too much breaks is over with a reason, and one that accepts it says how much is parked', async () => {
  const brittle = brittleTally();
  const one = await scene.start(brittle.projection, {}, 2);
  expect(await one.waitUntilCaughtUp(await scene.calls(10), 30_000)).toBe(true);
  const bad = [5, 3, 1].map((before) => scene.stream(before));
  brittle.breaksAt = ({ stream }) => bad.includes(stream);
  const path = '/api/projections/tally/rebuild';
  const { body: first } = await scene.ask('POST', path, ADMIN_KEY, {});
  await scene.over(first.operationId);
  const { body: failed } = await scene.ask('GET', `/api/operations/${first.operationId}`);
  expect(failed).toMatchObject({ state: 'failed', error: { code: 'too_many_parked', stream: bad[0] } });
  const { body: second } = await scene.ask('POST', path, ADMIN_KEY, { acceptParked: true });
  await scene.over(second.operationId);
  const { body: done } = await scene.ask('GET', `/api/operations/${second.operationId}`);
  expect(done).toMatchObject({ state: 'succeeded', acceptParked: true, result: { replaced: 1, parked: 3 } });
});

test('a release that is held up is told of, and goes on when that is accepted; else there is nothing to accept', async () => {
  const old = await scene.start();
  expect(await old.waitUntilCaughtUp(await scene.calls(10), 30_000)).toBe(true);
  const path = '/api/projections/tally/accept-parked';
  const none = await scene.ask('POST', path);
  expect([none.status, none.body.code]).toEqual([409, 'nothing_is_built']);
  const brittle = brittleTally(2);
  const bad = [5, 3, 1].map((before) => scene.stream(before));
  brittle.breaksAt = ({ stream }) => bad.includes(stream);
  const one = await scene.start(brittle.projection, {}, 2);
  await vi.waitFor(() => expect(one.status()).toMatchObject([{ heldUpBy: 3 }]), 30_000);
  const { body: before } = await scene.ask('GET', '/api/projections');
  expect(before.items).toMatchObject([
    { version: 1, caughtUp: true, building: { generation: 2, parked: 3, heldUp: true } },
  ]);
  const accepted = await scene.ask('POST', path);
  expect([accepted.status, accepted.body]).toEqual([200, { generation: 2, parked: 3 }]);
  await vi.waitFor(() => expect(one.status()).toMatchObject([{ version: 2, caughtUp: true }]), 30_000);
  expect((await scene.ask('POST', '/api/projections/talley/accept-parked')).status).toBe(404);
});

test.each([{ acceptParked: 'yes' }, { accept: true }, []])('a rebuild is asked for with %j: 400', async (order) => {
  const { status, body } = await scene.ask('POST', '/api/projections/tally/rebuild', ADMIN_KEY, order);
  expect([status, body.code]).toEqual([400, 'invalid_request']);
});

test('there has to be something to swap back to', async () => {
  const one = await scene.start();
  await one.waitUntilCaughtUp(await scene.calls(1), 30_000);
  const { status, body } = await scene.ask('POST', '/api/projections/tally/swap-back');
  expect([status, body.code]).toEqual([409, 'nothing_to_swap_back']);
  await scene.over(await scene.request('rebuild'));
  expect((await scene.ask('POST', '/api/projections/tally/swap-back')).status).toBe(202);
});

test('the generation of another version is brought back by that release alone', async () => {
  const old = await scene.start(tally(0) as never);
  await old.waitUntilCaughtUp(await scene.calls(1), 30_000);
  await old.stop();
  const one = await scene.start();
  await one.waitUntilCaughtUp(await scene.calls(1), 30_000);
  const { status, body } = await scene.ask('POST', '/api/projections/tally/swap-back');
  expect([status, body.detail]).toEqual([409, expect.stringContaining('version 0: starting that release')]);
});

test.each<['GET' | 'POST', string, number, string]>([
  ['POST', '/api/projections/talley/rebuild', 404, 'unknown_projection'],
  ['GET', `/api/operations/${nobody}`, 404, 'unknown_operation'],
  ['POST', `/api/operations/${nobody}/cancel`, 404, 'unknown_operation'],
  ['GET', '/api/operations/17', 404, 'unknown_operation'],
  ['GET', '/api/operations/%00', 404, 'unknown_operation'],
  ['POST', '/api/operations/%00/cancel', 404, 'unknown_operation'],
  ['GET', '/api/operations?limit=1000', 400, 'invalid_request'],
  ['GET', '/api/operations?state=queued', 400, 'invalid_request'],
])('%s %s is %i %s', async (method, path, status, code) => {
  const answer = await scene.ask(method, path);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

test('an unknown name is told the names that there are', async () => {
  const { body } = await scene.ask('POST', '/api/projections/talley/rebuild');
  expect(body.detail).toContain('There are tally.');
});

test.each([
  ['GET', '/api/projections'],
  ['POST', '/api/projections/tally/rebuild'],
  ['POST', '/api/projections/tally/swap-back'],
  ['POST', '/api/projections/tally/accept-parked'],
  ['GET', '/api/operations'],
  ['GET', `/api/operations/${nobody}`],
  ['POST', `/api/operations/${nobody}/cancel`],
] as const)('%s %s is for the administrator alone', async (method, path) => {
  expect((await scene.ask(method, path, 'somebody else')).status).toBe(401);
});

test('without a Postgres the answer is 503, and says where to ask; with one that is away, 503 too', async () => {
  const away = openOperationsDatabase('postgres://nobody:nothing@127.0.0.1:1/nowhere');
  for (const [database, detail] of [
    [undefined, 'role project'],
    [away, 'Postgres does not answer'],
  ] as const) {
    const deps = { access: accessWith(ADMIN_KEY), database, logger };
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    const projecting = projectionRoutes({ ...deps, projections: [tally()], statuses: () => [], maxParked: 100 });
    for (const [routes, method, path] of [
      [projecting, 'GET', '/api/projections'],
      [projecting, 'POST', '/api/projections/tally/rebuild'],
      [operationRoutes(deps), 'GET', '/api/operations'],
    ] as const) {
      const response = await routes.request(path, { method, headers });
      expect([response.status, await response.json()]).toMatchObject([
        503,
        { code: 'database_unavailable', detail: expect.stringContaining(detail) },
      ]);
    }
  }
  await away.close();
});
