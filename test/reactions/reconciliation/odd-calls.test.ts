import { describe, expect, test } from 'vitest';
import { openRecorder, type Recorder } from '../../../src/commands/webhooks/record.ts';
import { logged, sceneOfFile } from './scene.ts';

// Calls of which Retell says what cannot be, or never the last word: no one of them holds up the others, and each is told.

const { scene, run } = await sceneOfFile();
const calls = async (n: number) => {
  const ids = await Promise.all(Array.from({ length: n }, () => scene.call('confirmed')));
  await scene.retell.quiet();
  return ids.sort();
};
const HOUR = 3_600_000;
const at = (hours: number) => scene.start({ now: () => Date.now() + hours * HOUR });

const changed = (callId: string, change: object) =>
  scene.line.fails(({ path }) =>
    path.endsWith(callId) ? { answer: (body) => JSON.stringify({ ...JSON.parse(body), ...change }) } : undefined,
  );
describe('a call that the facts of cannot be made is set aside and told, and the others come in', () => {
  test('at whatever it fails', async () => {
    const [odd, other] = (await calls(2)) as [string, string];
    const real = openRecorder(scene.log, 5000);
    const record: Recorder['record'] = async (fact) => {
      if (fact.callId === odd) throw new RangeError('as told');
      return real.record(fact);
    };
    const one = scene.start({ recorder: { record } });
    expect((await scene.run(one)).tenants[0]).toMatchObject({ phase: 'done', unreadable: 1 });
    expect(await scene.session(other)).toMatchObject({ status: 'confirmed' });
    expect(logged()).toContain(`"reason":"reconciled_call_unreadable","error":"RangeError","callId":"${odd}"`);
    // Not at every run, and the run says that it is left.
    scene.line.passed.length = 0;
    expect((await scene.run(one)).tenants[0]).toMatchObject({ waiting: 1, unreadable: 0 });
    expect(scene.line.gets()).toEqual([]);
  });

  test.each([
    ['an object', { toString: 1 }],
    ['text that Postgres cannot hold', 'agent\u0000_1'],
    ['text as long as a book', 'a'.repeat(1_000_000)],
  ])('nobody is looked for by an agent that is %s', async (_, agent_id) => {
    const [odd, other] = (await calls(2)) as [string, string];
    changed(odd, { agent_id });
    expect(await run()).toMatchObject({ phase: 'done', unreadable: 0 });
    for (const id of [odd, other]) expect(await scene.types(id)).toHaveLength(3);
  });

  test('an answer without an end', async () => {
    const [odd, other] = (await calls(2)) as [string, string];
    scene.line.fails(({ path }) => (path.endsWith(odd) ? 'endless' : undefined));
    expect(await run()).toMatchObject({ phase: 'done', later: 1 });
    expect(scene.line.gets().filter(({ path }) => path.endsWith(odd))).toHaveLength(1);
    expect(await scene.session(other)).toMatchObject({ status: 'confirmed' });
  });
});

test('calls that Retell never answers for are asked for after the others, and more and more rarely', async () => {
  const ids = await calls(8);
  const [never, others] = [ids.slice(0, 5), ids.slice(5)];
  const isNever = (path: string) => never.some((id) => path.endsWith(id));
  scene.line.fails(({ path }) => (isNever(path) ? { status: 500 } : undefined));
  const one = scene.start({ pace: { concurrency: 1 } });
  const cause = 'calls_not_answered';
  expect((await scene.run(one)).tenants[0]).toMatchObject({ phase: 'later', cause, later: 5, waiting: 3 });
  for (const id of others) expect(await scene.types(id)).toEqual([]);
  expect((await scene.run(one)).tenants[0]).toMatchObject({ phase: 'later', cause, later: 5, waiting: 0 });
  for (const id of others) expect(await scene.session(id)).toMatchObject({ status: 'confirmed' });
  scene.line.passed.length = 0;
  expect((await scene.run(one)).tenants[0]).toMatchObject({ phase: 'done', later: 0, waiting: 5 });
  expect(scene.line.gets()).toEqual([]);
});

test('a tenant whose part of the run takes too long leaves the rest to the next run', async () => {
  scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event !== 'call_started' }) });
  const [callId] = (await calls(1)) as [string];
  scene.line.passed.length = 0;
  const late = scene.start({ pace: { tenantMs: -1 } });
  expect((await scene.run(late)).tenants[0]).toMatchObject({ phase: 'later', cause: 'out_of_time', waiting: 1 });
  expect(scene.line.passed).toEqual([]);
  await run();
  expect(await scene.session(callId)).toMatchObject({ status: 'confirmed' });
});

test('a call that is under way for longer than one can be is stuck: told by each run, asked for once a day', async () => {
  scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event !== 'call_started' }) });
  const [callId] = (await calls(1)) as [string];
  scene.line.fails(({ path }) =>
    path.endsWith(callId)
      ? { answer: (body) => JSON.stringify({ ...JSON.parse(body), call_status: 'ongoing' }) }
      : path === '/v3/list-calls'
        ? { answer: () => '{"items":[],"has_more":false}' }
        : undefined,
  );
  const asked = () => scene.line.passed.splice(0).filter(({ path }) => path.endsWith(callId)).length;
  for (const [hours, requests, counts] of [
    [25, 1, { goingOn: 1, stuck: 0 }],
    [27, 1, { goingOn: 0, stuck: 1 }],
    [28, 0, { goingOn: 0, stuck: 1, waiting: 0 }],
    [50, 0, { goingOn: 0, stuck: 1 }],
    [52, 1, { goingOn: 0, stuck: 1 }],
  ] as const) {
    expect((await scene.run(at(hours))).tenants[0]).toMatchObject({ phase: 'done', total: requests, ...counts });
    expect(asked()).toBe(requests);
  }
  expect(await scene.session(callId)).toMatchObject({ status: 'pending', status_reason: 'in_progress' });
  expect(logged()).toContain(`"reason":"call_stuck","tenantId":"default","callId":"${callId}"`);
  // When Retell says its end after all, it has one.
  scene.line.clear();
  await scene.run(at(80));
  expect(await scene.session(callId)).toMatchObject({ status: 'confirmed' });
});

test('a call that waits for its analysis is left, and said to be', async () => {
  const callId = await scene.call('analysis lost');
  await scene.retell.quiet();
  expect(await run()).toMatchObject({ phase: 'done', total: 1, waiting: 1 });
  expect(await run()).toMatchObject({ phase: 'done', total: 0, waiting: 1 });
  await scene.run(at(40)); // closed
  expect(await scene.session(callId)).toMatchObject({ status: 'failed' });
});

test('times in the year 9999 do not hide a call, and no start is made of them', async () => {
  scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event !== 'call_started' }) });
  const [callId] = (await calls(1)) as [string];
  const far = Date.parse('9999-01-01T00:00:00Z');
  changed(callId, { start_timestamp: far, end_timestamp: far + 60_000 });
  await run();
  expect(await scene.types(callId)).toEqual(['CallAnalyzed', 'CallEnded', 'CallStarted']);
  const { rows } = await scene.pool.query(
    'select started_at, ended_at from call_sessions where $1 = any(retell_call_ids)',
    [callId],
  );
  expect(rows[0].started_at.getFullYear()).toBeLessThan(9999);
  expect(rows[0].ended_at).toBeNull();
});

test('a call that Retell does not know is none that it was seen to know', async () => {
  scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event !== 'call_started' }) });
  const [callId] = (await calls(1)) as [string];
  await scene.caughtUp();
  const before = await scene.covered();
  scene.line.fails(({ path }) =>
    path.endsWith(callId)
      ? { status: 404 }
      : path === '/v3/list-calls'
        ? { answer: () => '{"items":[],"has_more":false}' }
        : undefined,
  );
  expect(await run()).toMatchObject({ unknown: 1 });
  expect(await scene.covered()).toEqual(before);
});
