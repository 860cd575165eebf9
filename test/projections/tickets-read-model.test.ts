import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode, type Fact } from '../../src/events/codec.ts';
import { FactMetadata, occurrenceOf } from '../../src/events/metadata.ts';
import { connect } from '../../src/postgres/connection.ts';
import { applyBatch } from '../../src/projections/engine/apply.ts';
import { generationFor } from '../../src/projections/engine/generations.ts';
import { prepare } from '../../src/projections/engine/migrations.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { type RunningProjections, startProjections } from '../../src/projections/engine/start.ts';
import { writerOf } from '../../src/projections/engine/writer.ts';
import { calls, projections } from '../../src/projections/index.ts';
import * as controls from './controls.ts';
import { analyzed, ended, inTenant, placed, recorded, requested, type Said, started, TENANT } from './controls.ts';
import { logger, type Stores, startStores } from './stores.ts';
import { inbound, mailSent, staffSays } from './tickets-controls.ts';
import { byId, expected, world } from './tickets-in-memory.ts';

// Invariant 2 for tickets, customers and outcome changes: the read model is a fold of the log.

const mine = projections.filter(({ name }) => name === 'calls');
let stores: Stores;
let running: RunningProjections | undefined;
beforeAll(async () => {
  stores = await startStores();
});
afterAll(async () => {
  await running?.stop();
  await stores?.stop();
});

/** Builds all anew, in batches of this size at most. */
async function rebuild(maxBatch: number, position: bigint): Promise<void> {
  await running?.stop();
  await stores.pool.query('drop schema if exists projection cascade');
  const { log, databaseUrl } = stores;
  running = await startProjections({ log, databaseUrl, projections: mine, logger, options: { maxBatch } });
  expect(await running.waitUntilCaughtUp(position, 30_000)).toBe(true);
}

async function tell(...said: Said[]): Promise<void> {
  const position = await stores.say(...said);
  if (!running) await rebuild(2000, position);
  expect(await running!.waitUntilCaughtUp(position, 30_000)).toBe(true);
}

const rows = async (from: string) => (await stores.pool.query(`select * from ${from}`)).rows;

test('a ticket, its customer and its session are seen as soon as anything is told of them', async () => {
  const from = { fromNumber: '+4930123456' };
  await tell(started({ direction: 'inbound', callSessionId: 'cs_a', personal: from }, inbound, 'call_a'));
  const [customer] = await rows('customers');
  expect(customer).toMatchObject({ phone: '+4930123456', raw_phones: ['+4930123456'], calls: 1, name: null });
  const ticket = {
    id: 'tkt_call_a',
    call_id: 'call_a',
    session_id: 'cs_a',
    direction: 'inbound',
    customer_id: customer.id,
  };
  const shown = () => rows(`tickets where call_id = 'call_a'`);
  expect(await shown()).toMatchObject([
    { ...ticket, status: 'new', action_required: null, mail: 'none', set_by: 'rule' },
  ]);
  expect(await rows(`call_sessions where id = 'cs_a'`)).toMatchObject([
    { ticket_id: 'tkt_call_a', customer_phone: '+4930123456' },
  ]);

  await tell(
    analyzed({ flags: { action_required: 'yes' }, personal: { custom: { caller_name: 'Ada' } } }, inbound, 'call_a'),
  );
  expect(await shown()).toMatchObject([
    { ...ticket, action_required: true, mail: 'queued', status_reason: 'action_required' },
  ]);
  expect((await rows('customers'))[0]).toMatchObject({ name: 'Ada', calls: 1 });

  await tell(staffSays('closed', '', 'call_a'), mailSent(1, 'call_a'));
  expect(await shown()).toMatchObject([{ ...ticket, status: 'closed', active: false, set_by: 'staff', mail: 'sent' }]);
  await tell(ended({ disconnectionReason: 'call_transfer' }, inbound, 'call_a'));
  expect(await shown()).toMatchObject([
    { ...ticket, status: 'new', active: true, set_by: 'rule', mail: 'queued', transferred: true },
  ]);
});

test('a call whose direction becomes known takes itself from one customer to another', async () => {
  const personal = { fromNumber: '+442079460018', toNumber: '+33123456789' };
  const phones = async () =>
    (await rows(`customers where phone in ('+442079460018', '+33123456789') order by phone`)).map(
      ({ phone, calls }) => [phone, calls],
    );
  await tell(started({ personal }, inbound, 'call_b'), started({ personal }, inbound, 'call_c'));
  expect(await phones()).toEqual([['+442079460018', 2]]);
  await tell(ended({ direction: 'outbound' }, inbound, 'call_b'));
  expect(await phones()).toEqual([
    ['+33123456789', 1],
    ['+442079460018', 1],
  ]);
  await tell(ended({ direction: 'outbound' }, inbound, 'call_c'));
  expect(await phones()).toEqual([['+33123456789', 2]]);
});

test('one call leaves a customer, another stays with it, in one batch', async () => {
  // Beside the one that is shown.
  const cut = { ...calls, name: 'calls_cut', replaces: [], tables: calls.tables.map(({ view: _, ...table }) => table) };
  const from = { personal: { fromNumber: '+4930123456' } };
  const facts = recorded(
    started({ direction: 'inbound', ...from }, inbound, 'call_1'),
    started(from, inbound, 'call_2'),
    ended({ direction: 'outbound' }, inbound, 'call_2'),
    analyzed({ personal: { custom: { caller_name: 'Ada' } } }, inbound, 'call_1'),
  );
  await using connection = await connect(stores.databaseUrl, 'test');
  await prepare(connection.db);
  const generation = await generationFor(connection.db, cut);
  const writer = await writerOf({ ...stores, db: connection.db, projection: cut as Projection, generation, logger });
  await applyBatch(writer, { events: facts.slice(0, 2), caughtUp: false, weight: 0 });
  await applyBatch(writer, { events: facts.slice(2), caughtUp: false, weight: 0 });
  expect(await rows('projection.calls_cut_1_customers')).toMatchObject([
    { phone: '+4930123456', calls: 1, name: 'Ada' },
  ]);
});

test('a change of outcome stands at the position of the fact that made it', async () => {
  const to = { direction: 'outbound', personal: { toNumber: '+4930777' } } as const;
  await tell(
    requested({}, 'cs_d'),
    started(to, {}, 'call_d'),
    controls.linked('cs_d', 'call_d'),
    analyzed(to, {}, 'call_d'),
  );
  await tell(ended({ ...to, appointmentId: 'apt_d' }, {}, 'call_d'));
  await tell(analyzed({ callSessionId: 'cs_e' }, {}, 'call_e'), requested({ appointmentId: 'apt_e' }, 'cs_e'));
  await tell(requested({ appointmentId: 'apt_f' }, 'cs_f'), analyzed({}, {}, 'call_f'));
  await tell(placed('call_f', 'cs_f')); // in a batch without the call
  const position = async (stream: string, revision: number) => (await stores.log.read(stream))[revision]!;
  const changes = await rows(`outcome_changes where call_id in ('call_d', 'call_e', 'call_f') order by position`);
  const at = async (stream: string, revision: number) => {
    const { position: where, recordedAt, metadata } = await position(stream, revision);
    const occurredAt = occurrenceOf(FactMetadata.parse(metadata));
    return { position: `${where}`, changed_at: new Date(recordedAt), occurred_at: new Date(occurredAt) };
  };
  expect(changes).toEqual([
    // The session was found by number; of its appointment nobody knew.
    {
      ...(await at('call-acme.call_d', 2)),
      tenant_id: TENANT,
      call_id: 'call_d',
      session_id: 'cs_d',
      appointment_id: null,
      outcome: 'answered',
      status_reason: 'answered',
    },
    {
      ...(await at('call-acme.call_d', 3)),
      tenant_id: TENANT,
      call_id: 'call_d',
      session_id: 'cs_d',
      appointment_id: 'apt_d',
      outcome: 'failed',
      status_reason: 'undecided',
    },
    {
      ...(await at('call-acme.call_e', 0)),
      tenant_id: TENANT,
      call_id: 'call_e',
      session_id: 'cs_e',
      appointment_id: null,
      outcome: 'answered',
      status_reason: 'answered',
    },
    {
      ...(await at('session-acme.cs_e', 0)),
      tenant_id: TENANT,
      call_id: 'call_e',
      session_id: 'cs_e',
      appointment_id: 'apt_e',
      outcome: 'failed',
      status_reason: 'undecided',
    },
    {
      ...(await at('call-acme.call_f', 0)),
      tenant_id: TENANT,
      call_id: 'call_f',
      session_id: 'call:call_f',
      appointment_id: null,
      outcome: 'answered',
      status_reason: 'answered',
    },
    // It belongs to a session that has long concerned an appointment.
    {
      ...(await at('session-acme.cs_f', 1)),
      tenant_id: TENANT,
      call_id: 'call_f',
      session_id: 'cs_f',
      appointment_id: 'apt_f',
      outcome: 'failed',
      status_reason: 'undecided',
    },
  ]);
});

async function wholeLog(): Promise<Fact[]> {
  const facts: Fact[] = [];
  const prefixes = ['call-', 'session-', 'ticket-'];
  for await (const { events, caughtUp } of stores.log.subscribe({ prefixes, signal: new AbortController().signal })) {
    facts.push(...events.map(decode).filter((fact) => fact !== undefined));
    if (caughtUp) break;
  }
  return facts;
}

const iso = (at: Date) => at.toISOString();

async function shown(tenantId: string) {
  const of = (view: string) => rows(`${view} where tenant_id = '${tenantId}'`);
  const tickets = (await of('tickets')).map((row) => ({
    id: row.id,
    tenantId: row.tenant_id,
    callId: row.call_id,
    direction: row.direction,
    status: row.status,
    active: row.active,
    actionRequired: row.action_required,
    transferred: row.transferred,
    customerId: row.customer_id ?? undefined,
    statusReason: row.status_reason,
    setBy: row.set_by,
    mail: row.mail,
    mailReason: row.mail_reason ?? undefined,
    createdAt: iso(row.created_at),
    lastEventAt: iso(row.last_event_at),
  }));
  const customers = (await of('customers')).map((row) => ({
    id: row.id,
    phone: row.phone,
    rawPhones: row.raw_phones,
    name: row.name ?? undefined,
    firstSeenAt: row.first_seen_at.getTime(),
    lastSeenAt: row.last_seen_at.getTime(),
    calls: row.calls,
    createdAt: iso(row.created_at),
  }));
  const changes = (await of('outcome_changes')).map((row) => ({
    position: row.position,
    call_id: row.call_id,
    session_id: row.session_id,
    concerned: row.appointment_id !== null,
    outcome: row.outcome,
  }));
  changes.sort((a, b) => Number(BigInt(a.position) - BigInt(b.position)) || (a.call_id < b.call_id ? -1 : 1));
  const ticketChanges = (await of('ticket_changes')).map(({ position, change, id, status, set_by, mail }) => ({
    ...{ position, change, id, status, set_by, mail },
  }));
  ticketChanges.sort((a, b) => Number(BigInt(a.position) - BigInt(b.position)));
  return { tickets: tickets.sort(byId), customers: customers.sort(byId), ticketChanges, changes };
}

test('tickets, customers and outcome changes are a fold of the log, wherever its batches are cut', async () => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000_000);
  const worlds = fc
    .sample(world, { numRuns: Number(process.env.TEST_WORLDS ?? 30), seed })
    .map((said, index) => said.map((one) => inTenant(one, `t${index}`)));
  // One world after the other, so that a batch may hold much of one.
  await stores.say(...worlds.flat());
  const facts = await wholeLog();
  const byTenant = Map.groupBy(
    facts.filter(({ metadata }) => metadata.tenantId !== TENANT),
    ({ metadata }) => metadata.tenantId,
  );
  let before: unknown;
  for (const maxBatch of [3, 30, 2000]) {
    await rebuild(maxBatch, facts.at(-1)!.position);
    for (const [tenantId, its] of byTenant)
      expect(await shown(tenantId), `TEST_SEED=${seed}, maxBatch ${maxBatch}, ${tenantId}`).toEqual(expected(its));
    const everything = await Promise.all(
      [
        'tickets order by tenant_id, id',
        'customers order by id',
        'outcome_changes order by position, call_id',
        'ticket_changes order by position',
      ].map(rows),
    );
    expect(everything.every((view) => view.length > 10)).toBe(true);
    before ??= everything;
    expect(everything, `TEST_SEED=${seed}, maxBatch ${maxBatch}`).toEqual(before);
  }
});
