import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ticketRoutes } from '../../../src/commands/tickets.ts';
import { decode } from '../../../src/events/codec.ts';
import { type EventLog, EventStoreUnavailable } from '../../../src/events/event-log.ts';
import { callStream, ticketStream } from '../../../src/events/streams.ts';
import { Ticket } from '../../../src/http/resources.ts';
import { type Ask, authenticate, office, staffOf } from './staff.ts';

let scene: Awaited<ReturnType<typeof office>>;
let staff: ReturnType<typeof staffOf>;
const noReadModel = async () => undefined;
beforeAll(async () => {
  scene = await office();
  staff = staffOf((logger) => ticketRoutes({ log: scene.log, authenticate, ticketAfter: noReadModel, logger }));
});
afterAll(() => scene.close());

const say = (callId: string, body: unknown, ask: Ask = {}) =>
  staff.post(`/api/tickets/${encodeURIComponent(`tkt_${callId}`)}/status`, { body, ...ask });
const said = async (callId: string, tenantId = 'default') =>
  (await scene.log.read(ticketStream(tenantId, `tkt_${callId}`))).map((event) => decode(event));
const statuses = async (callId: string) =>
  (await said(callId)).map((fact) => (fact?.type === 'TicketStatusSet' ? fact.data.status : fact?.type));

describe('a status that staff set', () => {
  test('is a fact in the ticket’s stream, and the answer shows it', async () => {
    const callId = await scene.call();
    const { status, body } = await say(callId, { status: 'closed', note: 'Rang back.' });
    expect(status).toBe(200);
    expect(Ticket.parse(body)).toMatchObject({
      id: `tkt_${callId}`,
      tenantId: 'default',
      callId,
      status: 'closed',
      active: false,
      statusReason: 'staff',
      setBy: 'staff',
      sessionId: `call:${callId}`,
      mail: 'none',
    });
    const [fact, ...more] = await said(callId);
    expect(more).toEqual([]);
    expect(fact).toMatchObject({
      type: 'TicketStatusSet',
      data: { callId, status: 'closed', note: 'Rang back.', by: 'key-1' },
      metadata: { tenantId: 'default', source: 'command', $correlationId: callId },
    });
  });

  test.each(['new', 'qualified', 'contacted', 'resolved', 'closed'])('may be %s', async (status) => {
    const callId = await scene.call('retell-outbound-ticket');
    const { body } = await say(callId, { status });
    expect([body.status, body.active]).toEqual([status, ['new', 'qualified', 'contacted'].includes(status)]);
  });

  test('is answered as the query API shows it, as of the fact', async () => {
    const callId = await scene.call();
    const asked: unknown[] = [];
    const shown = { id: 'as shown', tenantId: 'default', status: 'closed', mail: 'none' } as Ticket;
    const other = staffOf((logger) =>
      ticketRoutes({
        log: scene.log,
        authenticate,
        logger,
        ticketAfter: async (...args) => {
          asked.push(args);
          return shown;
        },
      }),
    );
    const { body } = await other.post(`/api/tickets/tkt_${callId}/status`, { body: { status: 'closed' } });
    expect(body).toEqual(shown);
    const [event] = await scene.log.read(ticketStream('default', `tkt_${callId}`));
    expect(asked).toEqual([['default', `tkt_${callId}`, event!.position, expect.any(Number)]]);
  });

  test('needs no read model', async () => {
    const callId = await scene.call();
    const other = staffOf((logger) =>
      ticketRoutes({
        log: scene.log,
        authenticate,
        logger,
        ticketAfter: async () => {
          throw new Error('connection refused for Jane Doe');
        },
      }),
    );
    const { status, body } = await other.post(`/api/tickets/tkt_${callId}/status`, { body: { status: 'resolved' } });
    expect([status, body.status]).toEqual([200, 'resolved']);
    expect(other.logged()).toContain('read_model_unavailable');
    expect(other.logged()).not.toContain('Jane Doe');
  });
});

describe('said again', () => {
  test('at once and without a key, it is nothing', async () => {
    const callId = await scene.call();
    await say(callId, { status: 'closed', note: 'n' });
    const again = await say(callId, { status: 'closed', note: 'n' }, { key: 'colleague' });
    expect([again.status, again.body.status]).toEqual([200, 'closed']);
    expect(await statuses(callId)).toEqual(['closed']);
  });

  test('with another note, or after something else, it is', async () => {
    const callId = await scene.call();
    for (const body of [{ status: 'closed' }, { status: 'closed', note: 'x' }, { status: 'new' }, { status: 'closed' }])
      await say(callId, body);
    expect(await statuses(callId)).toEqual(['closed', 'closed', 'new', 'closed']);
  });

  test('after the call was heard of once more, it is: that may have opened the ticket again', async () => {
    const callId = await scene.call();
    await say(callId, { status: 'closed' });
    await scene.call('retell-inbound-ticket', callId, { disconnection_reason: 'call_transfer' });
    await say(callId, { status: 'closed' });
    expect(await statuses(callId)).toEqual(['closed', 'closed']);
  });

  test('under the same Idempotency-Key, it is nothing, whatever came in between', async () => {
    const callId = await scene.call();
    const first = { idempotencyKey: 'request-1' };
    await say(callId, { status: 'closed' }, first);
    await say(callId, { status: 'new' });
    await scene.call('retell-inbound-ticket', callId, { disconnection_reason: 'call_transfer' });
    const again = await say(callId, { status: 'closed' }, first);
    expect([again.status, again.body.status]).toEqual([200, 'new']);
    expect(await statuses(callId)).toEqual(['closed', 'new']);
  });

  test('under the same Idempotency-Key but otherwise, it is refused', async () => {
    const callId = await scene.call();
    await say(callId, { status: 'closed' }, { idempotencyKey: 'k' });
    for (const body of [{ status: 'new' }, { status: 'closed', note: 'n' }]) {
      const { status, body: answer } = await say(callId, body, { idempotencyKey: 'k' });
      expect([status, answer.code]).toEqual([409, 'idempotency_key_reused']);
    }
    expect(await statuses(callId)).toEqual(['closed']);
    const other = await scene.call();
    expect((await say(other, { status: 'new' }, { idempotencyKey: 'k' })).status, 'a key is one ticket’s').toBe(200);
  });

  test('by many at once under one key, it is one fact', async () => {
    const callId = await scene.call();
    const all = await Promise.all(
      Array.from({ length: 8 }, () => say(callId, { status: 'resolved' }, { idempotencyKey: 'many' })),
    );
    expect(all.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(await statuses(callId)).toEqual(['resolved']);
  });

  test('by several who do not agree, everyone is heard', async () => {
    const callId = await scene.call();
    const wanted = ['new', 'qualified', 'contacted', 'resolved', 'closed'];
    await Promise.all(wanted.map((status) => say(callId, { status })));
    expect((await statuses(callId)).toSorted()).toEqual(wanted.toSorted());
  });

  test('beside what the mail has told, it is still nothing', async () => {
    const callId = await scene.call();
    await say(callId, { status: 'closed' });
    await scene.log.append(ticketStream('default', `tkt_${callId}`), 0n, [
      {
        id: crypto.randomUUID(),
        type: 'TicketMailSent',
        data: { callId, opening: 1, messageId: 'm' },
        metadata: {
          tenantId: 'default',
          source: 'command',
          receivedAt: '2026-01-01T00:00:00.000Z',
          $correlationId: 'x',
        },
      },
    ]);
    await say(callId, { status: 'closed' });
    expect(await statuses(callId)).toEqual(['closed', 'TicketMailSent']);
  });
});

describe('there is no ticket', () => {
  test.each(['tkt_nobody', 'nobody', 'tkt_', 'tkt_a%00b', `tkt_${'x'.repeat(600)}`])('called %s', async (id) => {
    const { status, body } = await staff.post(`/api/tickets/${id}/status`, { body: { status: 'closed' } });
    expect([status, body.code]).toEqual([404, 'not_found']);
  });

  test('of a call that came to no ticket endpoint, until it does', async () => {
    const callId = await scene.call('retell');
    expect((await say(callId, { status: 'closed' })).status).toBe(404);
    expect(await said(callId)).toEqual([]);
    await scene.call('retell-inbound-ticket', callId, { duration_ms: 1 });
    expect((await say(callId, { status: 'closed' })).status).toBe(200);
  });

  test('of another tenant’s call, and nothing is written', async () => {
    const callId = await scene.call();
    const foreign = await say(callId, { status: 'closed' }, { key: 'acme' });
    const unknown = await say('nobody', { status: 'closed' }, { key: 'acme' });
    expect([foreign.status, foreign.body]).toEqual([404, unknown.body]);
    expect(await said(callId)).toEqual([]);
    expect(await said(callId, 'acme')).toEqual([]);
  });

  test.each(['a/b', 'ü — 📞', '%2F', 'a b+c', '<b>"\''])('but one about a call named %s is found', async (name) => {
    const callId = await scene.call('retell-inbound-ticket', `${name} ${process.pid}`);
    const { status, body } = await say(callId, { status: 'closed' });
    expect([status, body.id]).toEqual([200, `tkt_${callId}`]);
  });
});

describe('refused', () => {
  test.each([
    ['no key', { key: null }, 401, 'unauthorized'],
    ['an unknown key', { key: 'nobody' }, 401, 'unauthorized'],
    ['a key that may only read', { key: 'reads' }, 403, 'missing_scope'],
    ['no status', { body: { note: 'x' } }, 400, 'invalid_request'],
    ['an unknown status', { body: { status: 'done' } }, 400, 'invalid_request'],
    ['an unknown field', { body: { status: 'closed', by: 'me' } }, 400, 'invalid_request'],
    ['an empty note', { body: { status: 'closed', note: '' } }, 400, 'invalid_request'],
    ['a note with a null character', { body: { status: 'closed', note: 'a\0' } }, 400, 'invalid_request'],
    ['no JSON', { body: '{' }, 400, 'invalid_request'],
    ['a body without end', { body: { status: 'closed', note: 'x'.repeat(70_000) } }, 413, 'body_too_large'],
    ['a key that is none', { idempotencyKey: 'x'.repeat(256) }, 400, 'invalid_request'],
  ] satisfies [string, Ask, number, string][])('%s', async (_, ask, status, code) => {
    const callId = await scene.call();
    const answer = await say(callId, { status: 'closed' }, ask);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await said(callId)).toEqual([]);
  });
});

test('without the store’s word nothing is claimed', async () => {
  const callId = await scene.call();
  const append: EventLog['append'] = async () => {
    throw new EventStoreUnavailable('append: no answer');
  };
  const other = staffOf((logger) =>
    ticketRoutes({ log: { ...scene.log, append }, authenticate, ticketAfter: noReadModel, logger }),
  );
  const { status, body } = await other.post(`/api/tickets/tkt_${callId}/status`, { body: { status: 'closed' } });
  expect([status, body.code]).toEqual([503, 'event_store_unavailable']);
  expect(await scene.log.read(callStream('default', callId))).toHaveLength(1);
});

test('what staff write is in no log', async () => {
  const callId = await scene.call();
  await say(callId, { status: 'closed', note: 'Jane Doe has moved' });
  expect(staff.logged()).toContain('ticket_status_set');
  expect(staff.logged()).not.toContain('Jane Doe');
});
