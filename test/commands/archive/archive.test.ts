import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archiveRoutes } from '../../../src/commands/archive.ts';
import { decode } from '../../../src/events/codec.ts';
import { callStream, sessionStream } from '../../../src/events/streams.ts';
import { CallSession } from '../../../src/http/resources.ts';
import { type Ask, authenticate, office, staffOf, typesIn } from '../tickets/staff.ts';
import { newCallId } from '../webhooks/door.ts';

let scene: Awaited<ReturnType<typeof office>>;
let staff: ReturnType<typeof staffOf>;
/** The read model's answer: `<tenant> <session>` → its calls. */
const sessions = new Map<string, string[]>();
beforeAll(async () => {
  scene = await office();
  staff = staffOf((logger) =>
    archiveRoutes({
      log: scene.log,
      authenticate,
      logger,
      callsOfSession: async (tenantId, id) => sessions.get(`${tenantId} ${id}`) ?? [],
      sessionAfter: async () => undefined,
    }),
  );
});
afterAll(() => scene.close());

const ask = (action: string, id: string, options?: Ask) =>
  staff.post(`/api/call-sessions/${encodeURIComponent(id)}/${action}`, options);
/** What the call's stream says of archiving. */
const words = async (callId: string, tenantId = 'default') =>
  (await typesIn(scene.log, callStream(tenantId, callId))).filter((type) => /archived$/i.test(type));
const sessionOf = (...callIds: string[]) => {
  const id = `session of ${callIds.join(' ')}`;
  sessions.set(`default ${id}`, callIds);
  return id;
};

describe('a session is archived', () => {
  test('by the call that names it, from the log alone', async () => {
    const callId = await scene.call('retell');
    const { status, body } = await ask('archive', `call:${callId}`);
    expect(status).toBe(200);
    expect(CallSession.parse(body)).toMatchObject({ id: `call:${callId}`, tenantId: 'default', archived: true });
    const fact = decode((await scene.log.read(callStream('default', callId))).at(-1)!);
    expect(fact).toMatchObject({
      type: 'CallArchived',
      data: { by: 'key-1' },
      metadata: { tenantId: 'default', source: 'command', $correlationId: callId },
    });
  });

  test('with all its calls, and back again', async () => {
    const calls = [await scene.call(), await scene.call()];
    const id = sessionOf(...calls);
    expect((await ask('archive', id)).body).toMatchObject({ id, archived: true });
    expect((await ask('unarchive', id)).body).toMatchObject({ id, archived: false });
    for (const call of calls) expect(await words(call)).toEqual(['CallArchived', 'CallUnarchived']);
  });

  test('by one of its calls, when the read model knows of the others', async () => {
    const calls = [await scene.call(), await scene.call()];
    sessions.set(`default call:${calls[0]}`, calls);
    await ask('archive', `call:${calls[0]}`);
    for (const call of calls) expect(await words(call)).toEqual(['CallArchived']);
  });

  test('once: already so is nothing, of each call for itself', async () => {
    const [first, second] = [await scene.call(), await scene.call()];
    await ask('archive', `call:${first}`);
    await ask('archive', `call:${first}`);
    expect((await ask('archive', sessionOf(first, second))).status).toBe(200);
    expect([await words(first), await words(second)]).toEqual([['CallArchived'], ['CallArchived']]);
    const untouched = await scene.call();
    expect((await ask('unarchive', `call:${untouched}`)).body.archived).toBe(false);
    expect(await words(untouched)).toEqual([]);
  });

  test('again, after it was taken back', async () => {
    const callId = await scene.call();
    for (const action of ['archive', 'unarchive', 'archive', 'unarchive'])
      expect((await ask(action, `call:${callId}`)).body.archived).toBe(action === 'archive');
    expect(await words(callId)).toEqual(['CallArchived', 'CallUnarchived', 'CallArchived', 'CallUnarchived']);
  });

  test('once, by many at once', async () => {
    const callId = await scene.call();
    const all = await Promise.all(Array.from({ length: 8 }, () => ask('archive', `call:${callId}`)));
    expect(all.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(await words(callId)).toEqual(['CallArchived']);
  });

  test('once under an Idempotency-Key, though somebody took it back in between', async () => {
    const callId = await scene.call();
    await ask('archive', `call:${callId}`, { idempotencyKey: 'k' });
    await ask('unarchive', `call:${callId}`);
    expect((await ask('archive', `call:${callId}`, { idempotencyKey: 'k' })).status).toBe(200);
    expect(await words(callId)).toEqual(['CallArchived', 'CallUnarchived']);
    const opposite = await ask('unarchive', `call:${callId}`, { idempotencyKey: 'k' });
    expect([opposite.status, opposite.body.code]).toEqual([409, 'idempotency_key_reused']);
  });

  test('with no call at all under an Idempotency-Key that one of them had with the opposite', async () => {
    const [first, second] = [await scene.call(), await scene.call()];
    await ask('archive', `call:${first}`);
    await ask('archive', `call:${second}`, { idempotencyKey: 'k' });
    const refused = await ask('unarchive', sessionOf(first, second), { idempotencyKey: 'k' });
    expect([refused.status, refused.body.code]).toEqual([409, 'idempotency_key_reused']);
    expect([await words(first), await words(second)]).toEqual([['CallArchived'], ['CallArchived']]);
  });

  test('and what comes of the call later is recorded as ever', async () => {
    const callId = await scene.call();
    await ask('archive', `call:${callId}`);
    await scene.call('retell', callId, { duration_ms: 1 });
    expect(await typesIn(scene.log, callStream('default', callId))).toEqual(['CallEnded', 'CallArchived', 'CallEnded']);
  });

  test('and shown as the query API shows it, as of the last call’s fact', async () => {
    const calls = [await scene.call(), await scene.call()];
    const asked: unknown[][] = [];
    const other = staffOf((logger) =>
      archiveRoutes({
        log: scene.log,
        authenticate,
        logger,
        callsOfSession: async () => calls,
        sessionAfter: async (...args) => {
          asked.push(args);
          return { id: 's', tenantId: 'default', archived: true, status: 'pending' } as CallSession;
        },
      }),
    );
    const { body } = await other.post('/api/call-sessions/s/archive');
    expect(body.status).toBe('pending');
    const last = (await scene.log.read(callStream('default', calls[1]!))).at(-1)!;
    expect(asked).toEqual([['default', 's', last.position, expect.any(Number)]]);
  });
});

test('a session is the same with white space and invisible characters around its id', async () => {
  const callId = await scene.call();
  const session = sessionOf(callId);
  for (const [action, id] of [
    ['archive', ` ${session}\u200b`],
    ['unarchive', `call: ${callId}`],
  ] as const)
    expect((await ask(action, id)).status).toBe(200);
  expect(await words(callId)).toEqual(['CallArchived', 'CallUnarchived']);
});

describe('without a read model', () => {
  const away = () =>
    staffOf((logger) =>
      archiveRoutes({
        log: scene.log,
        authenticate,
        logger,
        callsOfSession: async () => {
          throw new Error('connection refused');
        },
        sessionAfter: async () => undefined,
      }),
    );

  test('a session named by its call is archived', async () => {
    const callId = await scene.call();
    const other = await away();
    expect((await other.post(`/api/call-sessions/call:${callId}/archive`)).status).toBe(200);
    expect(await words(callId)).toEqual(['CallArchived']);
  });

  test('any other says to try again', async () => {
    const other = await away();
    const { status, body } = await other.post('/api/call-sessions/some/archive');
    expect([status, body.code]).toEqual([503, 'database_unavailable']);
  });
});

describe('there is nothing to archive', () => {
  test.each(['nobody', 'call:nobody', 'call:', 'a\0b', 'call:a\0b', 'x'.repeat(600)])('called %s', async (id) => {
    const { status, body } = await ask('archive', id);
    expect([status, body.code]).toEqual([404, 'not_found']);
  });

  test.each(['undefined', 'call:null', '{{call_session_id}}', ' 0 '])(
    'called %s, which stands for nothing',
    async (id) => {
      const { status, body } = await ask('archive', id);
      expect([status, body.errors]).toEqual([
        400,
        [{ path: 'id', message: expect.stringContaining('stands for nothing') }],
      ]);
    },
  );

  test('of another tenant, and nothing is written', async () => {
    const callId = await scene.call();
    const session = sessionOf(callId);
    for (const id of [`call:${callId}`, session]) expect((await ask('archive', id, { key: 'acme' })).status).toBe(404);
    expect([await words(callId), await words(callId, 'acme')]).toEqual([[], []]);
    expect(await scene.log.read(callStream('acme', callId))).toEqual([]);
  });

  test('of a session that no call has come of yet, and that is said', async () => {
    const id = newCallId();
    const receivedAt = '2026-01-01T00:00:00.000Z';
    const metadata = { tenantId: 'default', source: 'command', receivedAt, $correlationId: id };
    await scene.log.append(sessionStream('default', id), 'no_stream', [
      { id: crypto.randomUUID(), type: 'CallRequested', data: {}, metadata },
    ]);
    const { status, body } = await ask('archive', id);
    expect([status, body.code]).toEqual([409, 'no_call_yet']);
  });

  test.each([
    ['no key', { key: null }, 401],
    ['a key that may only read', { key: 'reads' }, 403],
  ] satisfies [string, Ask, number][])('with %s', async (_, options, status) => {
    const callId = await scene.call();
    expect((await ask('archive', `call:${callId}`, options)).status).toBe(status);
    expect(await words(callId)).toEqual([]);
  });
});
