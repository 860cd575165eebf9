import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/postgres/connection.ts';
import { findOperation, requestOperation } from '../../src/projections/engine/operations.ts';
import { type RunningProjections, startProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import { eventually } from '../support/service.ts';
import { analyzed, ended, started } from './controls.ts';
import { logger, type Stores, startStores } from './stores.ts';
import { inbound } from './tickets-controls.ts';

// A session, its ticket, appointment, customer, deliveries and outcome are those of one position of the log (D2).

let stores: Stores;
let running: RunningProjections;
beforeAll(async () => {
  stores = await startStores();
  const { log, databaseUrl } = stores;
  const operations = { pollMs: 20 };
  running = await startProjections({ log, databaseUrl, projections: projections, logger, operations });
});
afterAll(async () => {
  await running?.stop();
  await stores?.stop();
});

/** What would be a disagreement, by what it is about; each finds ids. */
const disagreements = {
  'deliveries of a session': `select s.id from call_sessions s where s.revision <> (
    select count(*) from call_session_calls c join deliveries d using (tenant_id, call_id) where c.session_id = s.id)`,
  'the ticket of a session': `select s.id from call_sessions s full join tickets t on t.session_id = s.id
    where s.ticket_id is distinct from t.id`,
  'the appointment of a session': `select s.id from call_sessions s left join appointments a on a.id = s.appointment_id
    where s.appointment_id is not null and (s.status = 'confirmed') is distinct from (a.status = 'confirmed')`,
  'the calls of a customer': `select c.id from customers c
    where c.calls <> (select count(*) from tickets t where t.customer_id = c.id)`,
  'the outcome of a call': `select s.id from call_sessions s where s.status <> coalesce((
    select outcome from outcome_changes o where o.call_id = s.retell_call_id order by position desc limit 1), 'pending')`,
};

test('views that are read in one snapshot agree, under load, during a rebuild and across the swap', async () => {
  const phones = ['+4930111111', '+4930222222', '+4930333333'];
  let isEnough = false;
  const load = (async () => {
    for (let i = 0; i < 2000 && !isEnough; i++) {
      const said = {
        ...({ direction: 'inbound' } as const),
        ...{ callSessionId: `cs_${i}`, appointmentId: `apt_${i}` },
        personal: { fromNumber: phones[i % 3]! },
      };
      const call = `call_${i}`;
      await stores.say(
        started(said, inbound, call),
        ended({ ...said, disconnectionReason: 'user_hangup' }, inbound, call),
      );
      await stores.say(analyzed({ ...said, flags: { appointment_confirmed: i % 2 === 0 } }, inbound, call));
    }
  })();

  await using connection = await connect(stores.databaseUrl, 'operator');
  const rebuilds: string[] = [];
  const reader = new pg.Client({ connectionString: stores.databaseUrl });
  await reader.connect();
  await eventually(async () => running.status().every(({ generation }) => generation !== null));
  const seen = new Set<number>();
  try {
    while (seen.size < 15 || rebuilds.length < 3) {
      const open = rebuilds.at(-1) && (await findOperation(connection.db, rebuilds.at(-1)!));
      if (!open || open.state === 'succeeded') {
        const requested = await requestOperation(connection.db, 'rebuild', 'calls');
        if ('queued' in requested) rebuilds.push(requested.queued);
      }
      await reader.query('begin isolation level repeatable read read only');
      for (const [what, query] of Object.entries(disagreements))
        expect((await reader.query(query)).rows, what).toEqual([]);
      seen.add((await reader.query('select count(*)::int as n from deliveries')).rows[0].n);
      await reader.query('commit');
    }
  } finally {
    isEnough = true;
    await Promise.all([reader.end(), load]);
  }
  await eventually(async () => (await findOperation(connection.db, rebuilds.at(-1)!))?.state === 'succeeded');
});
