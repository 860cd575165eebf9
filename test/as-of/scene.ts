import { Kysely, PostgresDialect } from 'kysely';
import { EventStoreUnavailable } from '../../src/events/event-log.ts';
import { createReadPool } from '../../src/postgres/pool.ts';
import { startProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import type { ReadModel } from '../../src/projections/tables.ts';
import { appointmentOf } from '../../src/read-api/appointments.ts';
import type { Moment } from '../../src/read-api/as-of.ts';
import { callSessionOf } from '../../src/read-api/call-session.ts';
import { readsOf } from '../../src/read-api/tenant-reads.ts';
import { ticketOf } from '../../src/read-api/tickets.ts';
import type { TenantDirectory } from '../../src/tenants/tenant.ts';
import { asOf } from '../../src/time-travel/as-of.ts';
import { histories } from '../../src/time-travel/histories.ts';
import { type Said, TENANT } from '../projections/controls.ts';
import { logger, startStores } from '../projections/stores.ts';

export const kinds = ['callSession', 'appointment', 'ticket'] as const;
export type Kind = (typeof kinds)[number];

/** Both stores, the projections at work, and ways to look at what is known now and what was known then. */
export async function startScene() {
  const stores = await startStores();
  const { log, databaseUrl } = stores;
  const project = () => startProjections({ log, databaseUrl, projections: projections, logger });
  let running = await project();
  const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool: createReadPool(databaseUrl) }) });
  const past = asOf({ log, db });
  const tenants = { get: () => undefined, all: () => [] } as unknown as TenantDirectory;
  const ask = async (kind: Kind, id: string, moment: Moment, tenantId: string): Promise<string | undefined> => {
    switch (kind) {
      case 'callSession': {
        const row = await past.callSession(tenantId, id, moment);
        return row && JSON.stringify(callSessionOf(row));
      }
      case 'appointment': {
        const row = await past.appointment(tenantId, id, moment);
        return row && JSON.stringify(appointmentOf(row));
      }
      case 'ticket': {
        const row = await past.ticket(tenantId, id, moment);
        return row && JSON.stringify(ticketOf(row));
      }
    }
  };
  return {
    stores,
    db,
    past,
    histories: histories({ log, db, tenants }),
    /** Tells these, waits until the read model has heard them, and answers the position of the last. */
    async tell(...said: readonly Said[]): Promise<bigint> {
      const position = await stores.say(...said);
      if (!(await running.waitUntilCaughtUp(position, 30_000))) throw new Error('the read model does not catch up');
      return position;
    },
    /** The read model stands still until `resume`. */
    async pause(): Promise<{ resume(): Promise<void> }> {
      await running.stop();
      return {
        async resume() {
          running = await project();
        },
      };
    },
    /** As the query API shows it, byte for byte; asked again, as a client does, where the event store takes too long. */
    async asOf(kind: Kind, id: string, moment: Moment, tenantId = TENANT): Promise<string | undefined> {
      for (let attempt = 1; ; attempt++)
        try {
          return await ask(kind, id, moment, tenantId);
        } catch (error) {
          if (!(error instanceof EventStoreUnavailable) || attempt === 10) throw error;
        }
    },
    /** Everything that the query API shows of a tenant, by kind and id; sessions also by their calls. */
    async now(tenantId = TENANT): Promise<Map<string, string>> {
      const reads = readsOf(db, tenantId);
      const sessions = await reads.callSessions().selectAll().execute();
      const shown = new Map(sessions.map((row) => [`callSession ${row.id}`, JSON.stringify(callSessionOf(row))]));
      for (const { call_id, session_id } of await reads.callSessionCalls().selectAll().execute())
        for (const id of [`call:${call_id}`, call_id])
          shown.set(`callSession ${id}`, shown.get(`callSession ${session_id}`)!);
      for (const row of await reads.appointments().selectAll().execute())
        shown.set(`appointment ${row.id}`, JSON.stringify(appointmentOf(row)));
      for (const row of await reads.tickets().selectAll().execute())
        shown.set(`ticket ${row.id}`, JSON.stringify(ticketOf(row)));
      return shown;
    },
    async stop() {
      await running.stop();
      await db.destroy();
      await stores.stop();
    },
  };
}
export type Scene = Awaited<ReturnType<typeof startScene>>;

/** The same, told of another tenant. */
export const of = (tenantId: string, ...said: readonly Said[]): Said[] =>
  said.map((one) => ({
    ...one,
    stream: one.stream.replace(`-${TENANT}.`, `-${tenantId}.`),
    metadata: { ...one.metadata, tenantId },
  }));
