import { type Kysely, sql } from 'kysely';
import type { EventLog } from './events/event-log.ts';
import type { RunningProjections } from './projections/engine/start.ts';
import type { ReadModel } from './projections/tables.ts';
import type { Reconciliation } from './reactions/reconciliation/start.ts';
import type { Checks } from './read-api/health-routes.ts';
import type { OpenTenantDirectory } from './tenants/directory.ts';

type Parts = {
  readonly log: EventLog;
  readonly directory: OpenTenantDirectory;
  /** Absent where the process's roles need no Postgres. */
  readonly db?: Kysely<ReadModel>;
  readonly projections?: RunningProjections;
  readonly reconciliation?: Reconciliation;
};

/** What has to be well before this process should get requests. */
export const readinessOf = ({ log, directory, db, projections, reconciliation }: Parts): Checks => ({
  eventStore: async () => {
    await log.head();
    return { ok: true };
  },
  tenants: () => ({ ok: directory.ready() }),
  // A warning, not a failure: this process can do its work, but what it gets may be less than there is.
  ...(reconciliation && {
    webhooks: () =>
      reconciliation.status().silent.length > 0 ? { ok: true, detail: 'webhooks_silent' } : { ok: true },
  }),
  ...(db && {
    postgres: async () => {
      await sql`select 1`.execute(db);
      return { ok: true };
    },
  }),
  ...(projections && {
    projections: Object.fromEntries(
      projections.status().map(({ name }) => [
        name,
        () => {
          const { caughtUp, state, lagEvents, parked, heldUpBy } = projections
            .status()
            .find((status) => status.name === name)!;
          if (heldUpBy !== undefined) return { ok: false, detail: `held up: ${heldUpBy} streams would be parked` };
          if (!caughtUp) return { ok: false, detail: `${state}, ${lagEvents} events behind` };
          // A warning: everything else is served.
          return parked > 0 ? { ok: true, detail: `${parked} stream${parked > 1 ? 's' : ''} parked` } : { ok: true };
        },
      ]),
    ),
  }),
});
