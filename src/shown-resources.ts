import type { Kysely } from 'kysely';
import type { ShownAfter } from './commands/command-routes.ts';
import { waitUntil } from './events/waiting.ts';
import type { Appointment, CallSession, Ticket } from './http/resources.ts';
import { liveGeneration } from './projections/engine/generations.ts';
import type { RunningProjections } from './projections/engine/start.ts';
import type { ReadModel } from './projections/tables.ts';
import { appointmentOf } from './read-api/appointments.ts';
import { callSessionOf, findCallSession } from './read-api/call-session.ts';
import { readsOf, type TenantReads } from './read-api/tenant-reads.ts';
import { ticketOf } from './read-api/tickets.ts';

/** What a command has just changed, as the query API shows it once it is applied. */
type ShownResources = {
  readonly appointment: ShownAfter<Appointment>;
  readonly ticket: ShownAfter<Ticket>;
  readonly session: ShownAfter<CallSession>;
  /** As far as the read model has applied them. */
  readonly callsOfSession: (tenantId: string, sessionId: string) => Promise<readonly string[]>;
};

/** `running`: this process's projections; undefined where another process's fill the read model. */
export function shownResources(db: Kysely<ReadModel>, running: RunningProjections | undefined): ShownResources {
  const isApplied = (position: bigint, timeoutMs: number): Promise<boolean> =>
    running
      ? running.waitUntilApplied('calls', position, timeoutMs)
      : waitUntil(async () => ((await liveGeneration(db, 'calls'))?.checkpoint ?? -1n) >= position, {
          timeoutMs,
          everyMs: 25,
        });
  const after =
    <Resource>(find: (reads: TenantReads, id: string) => Promise<Resource | undefined>): ShownAfter<Resource> =>
    async (tenantId, id, position, timeoutMs) =>
      (await isApplied(position, timeoutMs)) ? find(readsOf(db, tenantId), id) : undefined;
  return {
    appointment: after(async (reads, id) => {
      const row = await reads.appointments().selectAll().where('id', '=', id).executeTakeFirst();
      return row && appointmentOf(row);
    }),
    ticket: after(async (reads, id) => {
      const row = await reads.tickets().selectAll().where('id', '=', id).executeTakeFirst();
      return row && ticketOf(row);
    }),
    session: after(async (reads, id) => {
      const row = await findCallSession(reads, id);
      return row && callSessionOf(row);
    }),
    async callsOfSession(tenantId, sessionId) {
      const reads = readsOf(db, tenantId);
      const session = await findCallSession(reads, sessionId); // also by a call's id: all calls of its session
      const calls = reads.callSessionCalls().select('call_id');
      const rows = await calls.where('session_id', '=', session?.id ?? sessionId).execute();
      return rows.map((row) => row.call_id);
    },
  };
}

/** For a process without a read model: commands answer from the log. */
export const nothingShown: ShownResources = {
  appointment: async () => undefined,
  ticket: async () => undefined,
  session: async () => undefined,
  callsOfSession: async () => {
    throw new Error('this process has no read model');
  },
};
