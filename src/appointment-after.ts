import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { AppointmentRoutesDeps } from './commands/appointments/appointment-routes.ts';
import type { RunningProjections } from './projections/runtime/start.ts';
import type { ReadModel } from './projections/tables.ts';
import { appointmentOf } from './read-api/appointments/appointment.ts';

/** What staff have just said, as the query API shows it once this process's projection has it. */
export const appointmentAfter =
  (db: Kysely<ReadModel>, projections: RunningProjections): AppointmentRoutesDeps['appointmentAfter'] =>
  async (tenantId, id, position, timeoutMs) => {
    const checkpoint = () => projections.status().find(({ name }) => name === 'appointments')?.checkpoint ?? '-1';
    for (const limit = Date.now() + timeoutMs; BigInt(checkpoint()) < position; await sleep(5))
      if (Date.now() > limit) return undefined;
    const row = await db
      .selectFrom('appointments')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .executeTakeFirst();
    return row && appointmentOf(row);
  };
