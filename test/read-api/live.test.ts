import { setTimeout as sleep } from 'node:timers/promises';
import { OpenAPIHono } from '@hono/zod-openapi';
import { Kysely, PostgresDialect } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createReadPool } from '../../src/postgres/pool.ts';
import type { ReadModel } from '../../src/projections/tables.ts';
import { openApiRoute } from '../../src/read-api/openapi.ts';
import { calls, eventStream, hears, Refused, webSocket } from './live-clients.ts';
import { liveFeedOfFile, outcomeChange } from './live-scene.ts';

const { service, readModel, serviceOf, open, happen, many, now, next } = await liveFeedOfFile();

/** Of each change of an outcome here. */
const why = { statusReason: 'appointment_confirmed', occurredAt: '2026-03-01T09:59:00.000Z' };

describe.each([
  ['an event stream', eventStream],
  ['a WebSocket', webSocket],
] as const)('%s', (_, listen) => {
  test('tells of changes as they happen, each with its cursor', async () => {
    const ears = await open(listen, service.url);
    await happen({ call_id: 'a', outcome: 'busy' });
    await happen({ call_id: 'b', appointment_id: 'appointment-1' });
    await hears(ears, 2);
    expect(ears.heard.slice(1)).toEqual([
      {
        event: 'call.outcome.changed',
        id: `${BigInt(now()) - 1n}`,
        data: { tenantId: 'acme', callId: 'a', sessionId: 'session', outcome: 'busy', ...why },
      },
      {
        event: 'call.outcome.changed',
        id: now(),
        data: {
          tenantId: 'acme',
          appointmentId: 'appointment-1',
          callId: 'b',
          sessionId: 'session',
          outcome: 'confirmed',
          ...why,
        },
      },
    ]);
  });

  test('tells of an appointment beside the call that changed it, and goes on between the two', async () => {
    const cursor = now();
    const place = { position: next(), tenant_id: 'acme', changed_at: new Date() };
    const nothing = { reschedule_text: null, cancellation_reason: null };
    const decidedBy = { kind: 'call', callId: 'a', sessionId: 'session', at: '2026-03-01T09:50:00.000Z' } as const;
    await readModel.writer.transaction().execute(async (trx) => {
      const became = { appointment_id: 'apt', status: 'confirmed', needs_review: false, decided_by_call_id: 'a' };
      const reason = {
        decided_by_json: decidedBy,
        status_reason: why.statusReason,
        occurred_at: new Date(why.occurredAt),
      };
      const changed = { ...place, ...became, ...nothing, ...reason, starts_at: new Date('2026-04-01T10:00:00Z') };
      await trx.insertInto('appointment_changes').values(changed).execute();
      const outcome = outcomeChange(place.position, { call_id: 'a', appointment_id: 'apt' });
      await trx.insertInto('outcome_changes').values(outcome).execute();
    });
    const told = [
      {
        event: 'call.outcome.changed',
        id: `${now()}.1`,
        data: {
          tenantId: 'acme',
          appointmentId: 'apt',
          callId: 'a',
          sessionId: 'session',
          outcome: 'confirmed',
          ...why,
        },
      },
      {
        event: 'appointment.changed',
        id: now(),
        data: {
          ...{ tenantId: 'acme', appointmentId: 'apt', status: 'confirmed', startsAt: '2026-04-01T10:00:00.000Z' },
          ...{ needsReview: false, decidedByCallId: 'a', decidedBy, sessionId: 'session', ...why },
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
    const shared = next();
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
      const shared = next();
      const of = (name: string) => ({ call_id: `${name} of ${before}`, position: shared });
      told.push(...(await happen(of('a'), of('b'), of('c'))), ...(await happen({})));
      expect(await hears(await open(listen, service.url, { cursor }), told.length)).toEqual(told);
      expect(await hears(live, told.length)).toEqual(told);
    }
  });

  test('waits behind a cursor that nobody has reached', async () => {
    const ears = await open(listen, service.url, { cursor: `${BigInt(now()) + 5n}` });
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
  root.route('/', openApiRoute());
  // biome-ignore lint/suspicious/noExplicitAny: a document is whatever it is until the test has looked
  const document = (await (await root.request('/openapi.json')).json()) as any;
  const { get } = document.paths['/api/live'];
  expect(get).toMatchObject({ operationId: 'getLiveFeed', security: [{ apiKey: [] }], tags: ['Live'] });
  expect(get.parameters.map(({ name, in: where }: Record<string, string>) => `${where} ${name}`)).toEqual([
    'query cursor',
    'header last-event-id',
  ]);
  expect(Object.keys(get.responses['200'].content)).toEqual(['text/event-stream']);
  expect(document.components.schemas.OutcomeChanged.required).toEqual([
    ...['tenantId', 'callId', 'sessionId', 'outcome'],
    ...['statusReason', 'occurredAt'],
  ]);
});

test('neither keys nor ids of calls are in the log', async () => {
  const ears = await open(eventStream, service.url);
  await happen({ call_id: 'call of Jane Doe' });
  await hears(ears, 1);
  expect(service.logged()).not.toMatch(/acme-reads|Jane Doe/);
});
