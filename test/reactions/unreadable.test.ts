import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../src/administration/access.ts';
import { type Fact, UnreadableFact } from '../../src/events/codec.ts';
import { callStream, ticketStream } from '../../src/events/streams.ts';
import { contentOf } from '../../src/reactions/ticket-mail/content.ts';
import { dueMailsOf } from '../../src/reactions/ticket-mail/due.ts';
import { mailRoutes } from '../../src/reactions/ticket-mail/mail-routes.ts';
import type { TicketMail } from '../../src/reactions/ticket-mail/start.ts';
import { directory, KEY, newCallId, tenant } from '../commands/webhooks/door.ts';
import { recorded, started } from '../projections/controls.ts';
import { accessWith } from '../support/admin-access.ts';
import { appendAnyhow } from '../support/append-anyhow.ts';
import { storeOfFile } from '../support/store-of-file.ts';

const { store, log } = await storeOfFile();

const ask = async (method: string, path: string) => {
  const routes = mailRoutes({
    ...{ log, tenants: directory([tenant('default', [KEY])]), mail: {} as TicketMail, access: accessWith('admin') },
    logger: pino({ level: 'silent' }),
  });
  const response = await routes.request(path, { method, headers: { authorization: 'Bearer admin' } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const routes = [
  ['GET', 'mail'],
  ['POST', 'mail/redrive'],
] as const;

describe.each(routes)('%s %s of a ticket', (method, rest) => {
  const metadata = {
    ...{ tenantId: 'default', source: 'webhook', endpoint: 'retell-inbound-ticket' },
    ...{ receivedAt: '2026-01-01T10:00:00.000Z', $correlationId: 'c' },
  };

  test.each([
    ['whose fact cannot be read', { endedAt: 5, personal: { transcript: { by: 'Jane Roe' } } }],
    ['whose text is not whole', { personalParts: 3 }],
  ])('%s says which one', async (_, said) => {
    const callId = newCallId();
    const data = { callId, direction: 'inbound', ...said };
    const { position } = await appendAnyhow(store.url, callStream('default', callId), 'no_stream', [
      { id: crypto.randomUUID(), type: 'CallEnded', data: data as never, metadata },
    ]);
    const { status, body } = await ask(method, `/api/tenants/default/tickets/tkt_${callId}/${rest}`);
    expect([status, body.code, body.position]).toEqual([409, 'fact_unreadable', `${position}`]);
    expect(JSON.stringify(body)).not.toContain('Jane Roe');
  });

  test.each(['tkt_%00', '%00', 'tkt_nobody', 'x', `tkt_${'x'.repeat(2000)}`])('that cannot be: %#', async (id) => {
    for (const tenantId of ['default', 'nobody', '%00']) {
      const { status, body } = await ask(method, `/api/tenants/${tenantId}/tickets/${id}/${rest}`);
      expect([status, body.code]).toEqual([404, 'unknown_ticket']);
    }
  });
});

test('a redrive is recorded with the key of who asked for it', async () => {
  const callId = newCallId();
  const redrive = () => ask('POST', `/api/tenants/default/tickets/tkt_${callId}/mail/redrive`);
  await redrive(); // mails are due from now on
  const metadata = {
    ...{ tenantId: 'default', source: 'webhook', endpoint: 'retell-inbound-ticket' },
    ...{ receivedAt: '2026-01-01T10:00:00.000Z', $correlationId: callId },
  };
  const data = { callId, direction: 'inbound', analysed: true, flags: { action_required: true } } as const;
  const said = ['CallEnded', 'CallAnalyzed'].map((type) => ({ id: crypto.randomUUID(), type, data, metadata }));
  await log.append(callStream('default', callId), 'no_stream', said);
  expect(await redrive()).toMatchObject({ status: 200, body: { outcome: 'redriven' } });
  const [fact] = await log.read(ticketStream('default', `tkt_${callId}`));
  expect(fact).toMatchObject({ type: 'TicketMailRedriven', data: { callId, opening: 1, by: ROOT.keyId } });
});

test('a fact that breaks what is made of it is told as one that cannot be read, and nothing of it is quoted', () => {
  const [first, second] = recorded(started(), started()) as [Fact, Fact];
  const data = new Proxy({} as Fact['data'], {
    get: () => {
      throw new TypeError('Jane Roe cannot be converted');
    },
    has: () => true,
  });
  const facts = { tenantId: 'acme', callId: 'call_1', ofCall: [first, { ...second, data } as Fact], ofTicket: [] };
  for (const make of [
    () => contentOf(facts, { name: 'Acme' }),
    () => dueMailsOf(facts, { startAfter: undefined, waitMs: 0 }),
  ]) {
    const thrown = (() => {
      try {
        return make();
      } catch (error) {
        return error;
      }
    })() as UnreadableFact;
    expect(thrown).toBeInstanceOf(UnreadableFact);
    expect(thrown.fact.position).toBe(second.position);
    expect(thrown.message).not.toContain('Jane Roe');
  }
});
