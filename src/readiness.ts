import { type Kysely, sql } from 'kysely';
import { appendsFail } from './events/append-health.ts';
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
  /** Of what this process projects, else of what it shows. */
  readonly projections?: Pick<RunningProjections, 'status'>;
  readonly reconciliation?: Reconciliation;
};

/** What has to be well before this process should get requests. */
export const readinessOf = ({ log, directory, db, projections, reconciliation }: Parts): Checks => ({
  eventStore: async () => {
    await log.head();
    const health = log.writing();
    return appendsFail(health) ? { ok: false, detail: `appends fail: ${health.reason}` } : { ok: true };
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
          const { caughtUp, state, lagEvents, parked, heldUpBy, foreign } = projections
            .status()
            .find((status) => status.name === name)!;
          if (foreign) return { ok: false, detail: 'the log and the read model do not belong together' };
          if (heldUpBy !== undefined) return { ok: false, detail: `held up: ${heldUpBy} streams would be parked` };
          const lag = lagEvents === null ? 'lag unknown' : `${lagEvents} events behind`;
          if (!caughtUp) return { ok: false, detail: `${state}, ${lag}` };
          if (lagEvents === null) return { ok: true, detail: lag };
          // A warning: everything else is served.
          return parked > 0 ? { ok: true, detail: `${parked} stream${parked > 1 ? 's' : ''} parked` } : { ok: true };
        },
      ]),
    ),
  }),
});
