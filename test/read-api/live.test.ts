import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { OpenAPIHono } from '@hono/zod-openapi';
import fc from 'fast-check';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Caller } from '../../src/http/bearer.ts';
import { createReadPool } from '../../src/postgres/pool.ts';
import type { OutcomeChangeRow, ReadModel } from '../../src/projections/tables.ts';
import type { LiveFeedOptions } from '../../src/read-api/live/live-feed.ts';
import { openApiRoute } from '../../src/read-api/openapi.ts';
import { relayTo } from '../support/relay.ts';
import { authenticate } from './callers.ts';
import {
  calls,
  type Ears,
  eventStream,
  hears,
  type Listen,
  openWebSocket,
  Refused,
  webSocket,
} from './live-clients.ts';
import { feedService, outcomeChange } from './live-scene.ts';
import { createReadModel } from './read-model.ts';

let readModel: Awaited<ReturnType<typeof createReadModel>>;
let service: Awaited<ReturnType<typeof serviceOf>>;
beforeAll(async () => {
  readModel = await createReadModel();
  service = await serviceOf();
});
afterAll(async () => {
  await service.stop();
  await readModel.drop();
});
beforeEach(async () => {
  await readModel.writer.deleteFrom('outcome_changes').execute();
  await readModel.writer.deleteFrom('appointment_changes').execute();
});

const serviceOf = (options: Partial<LiveFeedOptions> = {}, url = readModel.url) => feedService(url, options);

/** Positions only grow, over all tests: the feed of one process goes on. */
let position = 1_000n;
const change = (row: Partial<OutcomeChangeRow> = {}) => outcomeChange(row.position ?? `${++position}`, row);
/** Writes changes as the projection does: each call one transaction, in the order of their positions. */
async function happen(...rows: Partial<OutcomeChangeRow>[]): Promise<string[]> {
  const whole = rows.map(change);
  await readModel.writer.insertInto('outcome_changes').values(whole).execute();
  return whole.map(({ call_id }) => call_id);
}
const many = (count: number, row: Partial<OutcomeChangeRow> = {}) =>
  happen(...Array.from({ length: count }, () => row));

const cut: Ears[] = [];
const open = async (listen: Listen, ...[url, where]: Parameters<Listen>): Promise<Ears> => {
  const ears = await listen(url, where);
  cut.push(ears);
  return ears;
};
beforeEach(() => () => {
  for (const ears of cut.splice(0)) ears.cut();
});

const now = () => `${position}`;

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
  test('tells of changes as they happen, each with its cursor', async () => {
    const ears = await open(listen, service.url);
    await happen({ call_id: 'a', outcome: 'busy' });
    await happen({ call_id: 'b', appointment_id: 'appointment-1' });
    await hears(ears, 2);
    expect(ears.heard.slice(1)).toEqual([
      {
        event: 'call.outcome.changed',
        id: `${position - 1n}`,
        data: { tenantId: 'acme', callId: 'a', sessionId: 'session', outcome: 'busy' },
      },
      {
        event: 'call.outcome.changed',
        id: `${position}`,
        data: {
          tenantId: 'acme',
          appointmentId: 'appointment-1',
          callId: 'b',
          sessionId: 'session',
          outcome: 'confirmed',
        },
      },
    ]);
  });

  test('tells of an appointment beside the call that changed it, and goes on between the two', async () => {
    const cursor = now();
    const place = { position: `${++position}`, tenant_id: 'acme', changed_at: new Date() };
    const nothing = { reschedule_text: null, cancellation_reason: null };
    await readModel.writer.transaction().execute(async (trx) => {
      const became = { appointment_id: 'apt', status: 'confirmed', needs_review: false, decided_by_call_id: 'a' };
      const changed = { ...place, ...became, ...nothing, starts_at: new Date('2026-04-01T10:00:00Z') };
      await trx.insertInto('appointment_changes').values(changed).execute();
      const outcome = outcomeChange(place.position, { call_id: 'a', appointment_id: 'apt' });
      await trx.insertInto('outcome_changes').values(outcome).execute();
    });
    const told = [
      {
        event: 'call.outcome.changed',
        id: `${position}.1`,
        data: { tenantId: 'acme', appointmentId: 'apt', callId: 'a', sessionId: 'session', outcome: 'confirmed' },
      },
      {
        event: 'appointment.changed',
        id: `${position}`,
        data: {
          ...{ tenantId: 'acme', appointmentId: 'apt', status: 'confirmed', startsAt: '2026-04-01T10:00:00.000Z' },
          ...{ needsReview: false, decidedByCallId: 'a' },
        },
      },
    ];
    const whole = await open(listen, service.url, { cursor });
    await expect.poll(() => whole.heard.slice(1), { timeout: 10_000 }).toEqual(told);
    const rest = await open(listen, service.url, { cursor: told[0]!.id });
    await expect.poll(() => rest.heard.slice(1), { timeout: 10_000 }).toEqual(told.slice(1));
  });

  test('begins now, and says where that is', async () => {
    await many(3);
    const cursor = now();
    const ears = await open(listen, service.url);
    const [later] = await happen({});
    expect(await hears(ears, 1)).toEqual([later]);
    expect(ears.heard[0]).toEqual({ event: 'ready', id: cursor, data: { cursor } });
  });

  test('goes on behind a cursor, far behind too', async () => {
    const cursor = now();
    const missed = [...(await many(1500)), ...(await many(1500, { tenant_id: 'other' })), ...(await many(700))];
    const ears = await open(listen, service.url, { cursor });
    const more = await many(3);
    const mine = [...missed.slice(0, 1500), ...missed.slice(3000), ...more];
    expect(await hears(ears, mine.length)).toEqual(mine);
  });

  test('goes on behind the first of several changes that one fact made', async () => {
    const cursor = now();
    const shared = `${++position}`;
    // The last two are in another order for Postgres, whose collations differ from one server to the next.
    const inOrder = ['a', 'b', '😀', '～'];
    await happen(...inOrder.toReversed().map((call_id) => ({ call_id, position: shared })));
    const whole = await open(listen, service.url, { cursor });
    expect(await hears(whole, inOrder.length)).toEqual(inOrder);
    const rest = inOrder.slice(1);
    for (const { id } of whole.heard.slice(1)) {
      const ears = await open(listen, service.url, { cursor: id });
      const later = await happen({});
      rest.push(...later);
      expect(await hears(ears, rest.length)).toEqual(rest);
      rest.shift();
    }
  });

  test('tells of all that one fact made, wherever a page ends', async () => {
    for (const before of [198, 199]) {
      const [cursor, live] = [now(), await open(listen, service.url)];
      const told = await many(before);
      const shared = `${++position}`;
      const of = (name: string) => ({ call_id: `${name} of ${before}`, position: shared });
      told.push(...(await happen(of('a'), of('b'), of('c'))), ...(await happen({})));
      expect(await hears(await open(listen, service.url, { cursor }), told.length)).toEqual(told);
      expect(await hears(live, told.length)).toEqual(told);
    }
  });

  test('waits behind a cursor that nobody has reached', async () => {
    const ears = await open(listen, service.url, { cursor: `${position + 5n}` });
    await many(5);
    const [first] = await happen({});
    expect(await hears(ears, 1)).toEqual([first]);
  });

  test('never tells of another tenant', async () => {
    const cursor = now();
    await many(5, { tenant_id: 'other' });
    const [theirs, ours] = [
      await open(listen, service.url, { cursor, key: 'other-reads' }),
      await open(listen, service.url, { cursor }),
    ];
    await many(5, { tenant_id: 'other' });
    const [mine] = await happen({});
    await many(5, { tenant_id: 'other' });
    expect((await hears(theirs, 15)).length).toBe(15);
    await hears(ours, 1);
    await sleep(100);
    expect(calls(ours)).toEqual([mine]);
    expect(JSON.stringify(ours.heard)).not.toContain('other');
  });

  test('keeps what an id is made of inside its event', async () => {
    const ears = await open(listen, service.url);
    const awkward = [
      'a\r\nevent: closed\r\ndata: {}\r\n\r\n',
      'b\n\nid: 1',
      '</script><b>',
      '\u2028\u2029',
      '"\\',
      ': x',
      '電話📞',
    ];
    const heardIds = [];
    for (const call_id of awkward) heardIds.push(...(await happen({ call_id, appointment_id: call_id })));
    expect(await hears(ears, awkward.length)).toEqual(awkward);
    expect(ears.heard.slice(1).map(({ event, data }) => [event, data.appointmentId])).toEqual(
      awkward.map((id) => ['call.outcome.changed', id]),
    );
    expect(heardIds).toEqual(awkward);
  });

  test.each([
    ['no key', { key: null }, 401, 'unauthorized'],
    ['an unknown key', { key: 'nobody' }, 401, 'unauthorized'],
    ['a key without the scope', { key: 'acme-idles' }, 403, 'missing_scope'],
    ['a cursor that is none', { cursor: 'x' }, 400, 'invalid_request'],
    ['an empty cursor', { cursor: '' }, 400, 'invalid_request'],
    ['a negative cursor', { cursor: '-1' }, 400, 'invalid_request'],
    ['a cursor beyond all numbers', { cursor: '9223372036854775808' }, 400, 'invalid_request'],
    ['a cursor before all positions', { cursor: '0.1' }, 400, 'invalid_request'],
    ['a last event id that is none', { lastEventId: 'x' }, 400, 'invalid_request'],
  ] as const)('is refused with %s', async (_, where, status, code) => {
    const refused = await open(listen, service.url, where).catch((error) => error);
    expect(refused).toBeInstanceOf(Refused);
    expect([refused.status, refused.body.code]).toEqual([status, code]);
    expect(refused.headers['content-type']).toBe('application/problem+json');
  });

  test('gives signs of life when nothing happens', async () => {
    const quick = await serviceOf({ heartbeatMs: 30 });
    onTestFinished(quick.stop);
    const ears = await open(listen, quick.url);
    await expect.poll(() => ears.beats()).toBeGreaterThan(3);
    expect(calls(ears)).toEqual([]);
  });

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
    position += 20_000n;
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

describe('whoever comes back by cursor, as often as the network breaks, by either transport', () => {
  /** What happens: so many changes by one fact, ours or theirs; then perhaps the connection breaks. */
  const step = fc.record({
    size: fc.constantFrom(1, 1, 1, 2, 3),
    mine: fc.boolean(),
    cut: fc.boolean(),
    pauseMs: fc.constantFrom(0, 0, 5, 30),
    socket: fc.boolean(),
  });

  test('hears every change once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const expected: string[] = [];
        const got: string[] = [];
        let cursor = now();
        let ears = await eventStream(service.url, { cursor });
        const come = async (listen: Listen) => {
          ears.cut();
          // What was heard is known before it is asked for the rest; what was on its way is lost.
          got.push(...calls(ears));
          cursor = ears.heard.at(-1)?.id ?? cursor;
          ears = await listen(service.url, { cursor });
        };
        for (const { size, mine, cut, pauseMs, socket } of steps) {
          const at = `${++position}`;
          const ids = Array.from({ length: size }, (_, i) => `${at}-${i}`);
          await happen(...ids.map((call_id) => ({ call_id, position: at, tenant_id: mine ? 'acme' : 'other' })));
          if (mine) expected.push(...ids);
          await sleep(pauseMs);
          if (cut) await come(socket ? webSocket : eventStream);
        }
        await hears(ears, expected.length - got.length);
        got.push(...calls(ears));
        ears.cut();
        expect(got).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  test('a storm of them', async () => {
    const cursor = now();
    const writing = (async () => {
      const all: string[] = [];
      for (let i = 0; i < 60; i++) {
        all.push(...(await many(1 + (i % 4))));
        await sleep(5);
      }
      return all;
    })();
    const lives = Array.from({ length: 40 }, async (_, n) => {
      const got: string[] = [];
      let place = cursor;
      const listen = n % 2 ? webSocket : eventStream;
      for (let life = 0; life < 6; life++) {
        const ears = await listen(service.url, { cursor: place });
        await sleep(((n * 7 + life * 13) % 10) * 10);
        ears.cut();
        got.push(...calls(ears));
        place = ears.heard.at(-1)?.id ?? place;
      }
      const all = await writing;
      const ears = await listen(service.url, { cursor: place });
      await hears(ears, all.length - got.length);
      got.push(...calls(ears));
      ears.cut();
      return got;
    });
    const all = await writing;
    for (const got of await Promise.all(lives)) expect(got).toEqual(all);
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

test('what happens while a process begins to look is not missed', async () => {
  const pool = createReadPool(readModel.url);
  onTestFinished(() => pool.end());
  const looking = Promise.withResolvers<void>();
  let connections = 0;
  const slowAtFirst = {
    // The first is the one that asks how far the feed is, for all who follow it.
    async connect() {
      if (++connections === 1) await looking.promise;
      return pool.connect();
    },
    end: async () => {},
  };
  const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool: slowAtFirst as typeof pool }) });
  const begun = await serviceOf({ db });
  onTestFinished(begun.stop);
  const ears = await open(eventStream, begun.url, { cursor: now() });
  await expect.poll(() => connections).toBe(1);
  const [id] = await happen({});
  looking.resolve();
  expect(await hears(ears, 1)).toEqual([id]);
});

describe('the event stream', () => {
  test('is one that no proxy keeps and no browser takes for a page', async () => {
    const sent = request(`${service.url}/api/live`, { headers: { authorization: 'Bearer acme-reads' } }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
    });
    const [chunk] = await once(response, 'data');
    expect(String(chunk)).toMatch(/^retry: 2000\nevent: ready\nid: \d+\ndata: \{"cursor":"\d+"\}\n\n$/);
    response.destroy();
  });

  test('takes the header of a browser that comes back before the parameter that it came with', async () => {
    const early = now();
    await many(2);
    const late = now();
    const [third] = await happen({});
    const ears = await open(eventStream, service.url, { cursor: early, lastEventId: late });
    expect(await hears(ears, 1)).toEqual([third]);
    const empty = await open(eventStream, service.url, { cursor: late, lastEventId: '' });
    expect(await hears(empty, 1)).toEqual([third]);
  });

  test('is not begun for a HEAD, nor with other parameters', async () => {
    const headers = { authorization: 'Bearer acme-reads' };
    const head = await fetch(`${service.url}/api/live`, { method: 'HEAD', headers });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect((await fetch(`${service.url}/api/live?access_token=acme-reads`)).status).toBe(401);
    expect((await fetch(`${service.url}/api/live?since=1`, { headers })).status).toBe(400);
    expect((await fetch(`${service.url}/api/live`, { method: 'POST', headers })).status).toBe(405);
  });

  test('is not begun by more than the process can serve', async () => {
    const small = await serviceOf({ maxListeners: 2 });
    onTestFinished(small.stop);
    const first = await open(eventStream, small.url);
    await open(webSocket, small.url);
    await expect(open(eventStream, small.url)).rejects.toThrow('too_many_listeners');
    await expect(open(webSocket, small.url)).rejects.toThrow('too_many_listeners');
    first.cut();
    await expect
      .poll(() =>
        open(eventStream, small.url).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });
});

describe('the WebSocket', () => {
  test('takes the key as a subprotocol, and answers with the other one', async () => {
    const { socket, heard } = await openWebSocket(`${service.url}/api/live`, ['bearer.acme-reads', 'call-ledger']);
    expect(socket.protocol).toBe('call-ledger');
    const [id] = await happen({});
    expect(await hears({ heard }, 1)).toEqual([id]);
    socket.terminate();
    const alone = await openWebSocket(`${service.url}/api/live`, ['bearer.acme-reads']);
    expect(alone.socket.protocol).toBe('bearer.acme-reads');
    alone.socket.terminate();
    await expect(openWebSocket(`${service.url}/api/live`, ['bearer.nobody'])).rejects.toThrow('401');
  });

  test.each([
    ['to a WebSocket', 'Upgrade', 'websocket'],
    // Java's HttpClient asks like this with every request.
    ['to HTTP/2', 'Upgrade, HTTP2-Settings', 'h2c'],
  ])('leaves other routes alone, though asked for an upgrade %s', async (_, connection, upgrade) => {
    const headers = { connection, upgrade, 'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA' };
    const sent = request(`${service.url}/plain`, { headers }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(200);
  });

  test('lets nobody send a novel', async () => {
    const { socket, ended } = await openWebSocket(`${service.url}/api/live`, ['bearer.acme-reads']);
    socket.send('hello');
    socket.send('x'.repeat(10_000));
    expect((await ended).code).not.toBe(1000);
    const ears = await open(webSocket, service.url);
    const [id] = await happen({});
    expect(await hears(ears, 1)).toEqual([id]);
  });

  test('is given up when nobody answers its pings', async () => {
    const quick = await serviceOf({ heartbeatMs: 50 });
    onTestFinished(quick.stop);
    const silent = await openWebSocket(`${quick.url}/api/live`, ['bearer.acme-reads'], { autoPong: false });
    expect((await silent.ended).code).toBe(1006);
    const lively = await open(webSocket, quick.url);
    await expect.poll(() => lively.beats()).toBeGreaterThan(6);
  });
});

test('a fact in the read model is in the feed well within 250 ms', async () => {
  const usual = await serviceOf({ everyMs: 50 });
  onTestFinished(usual.stop);
  const listeners = await Promise.all(
    Array.from({ length: 20 }, (_, i) => open(i % 2 ? webSocket : eventStream, usual.url)),
  );
  const delays: number[] = [];
  for (let i = 1; i <= 25; i++) {
    const begin = performance.now();
    await happen({});
    await Promise.all(listeners.map((ears) => hears(ears, i)));
    delays.push(performance.now() - begin);
    await sleep((i * 17) % 50);
  }
  delays.sort((a, b) => a - b);
  if (process.env.MEASURE) console.log(`feed: p50 ${delays[12]!.toFixed(0)} ms, max ${delays.at(-1)!.toFixed(0)} ms`);
  expect(delays[12], 'the median: single ones are the machine’s').toBeLessThan(250);
});

test('is in the OpenAPI document, with what its events hold', async () => {
  const root = new OpenAPIHono();
  root.route('/', service.live.routes);
  root.route('/', openApiRoute(root));
  // biome-ignore lint/suspicious/noExplicitAny: a document is whatever it is until the test has looked
  const document = (await (await root.request('/openapi.json')).json()) as any;
  const { get } = document.paths['/api/live'];
  expect(get).toMatchObject({ operationId: 'getLiveFeed', security: [{ apiKey: [] }], tags: ['Live'] });
  expect(get.parameters.map(({ name, in: where }: Record<string, string>) => `${where} ${name}`)).toEqual([
    'query cursor',
    'header last-event-id',
  ]);
  expect(Object.keys(get.responses['200'].content)).toEqual(['text/event-stream']);
  expect(document.components.schemas.OutcomeChanged.required).toEqual(['tenantId', 'callId', 'sessionId', 'outcome']);
});

test('neither keys nor ids of calls are in the log', async () => {
  const ears = await open(eventStream, service.url);
  await happen({ call_id: 'call of Jane Doe' });
  await hears(ears, 1);
  expect(service.logged()).not.toMatch(/acme-reads|Jane Doe/);
});
