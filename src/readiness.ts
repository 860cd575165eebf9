import { type Kysely, sql } from 'kysely';
import { appendsFail } from './events/append-health.ts';
import type { EventLog } from './events/event-log.ts';
import type { WatchedLog } from './events/log-watch.ts';
import { liveGeneration } from './projections/engine/generations.ts';
import { lagsOf, readerOf } from './projections/engine/lag.ts';
import { LATE_AFTER_SECONDS } from './projections/engine/progress.ts';
import type { Projection } from './projections/engine/projection.ts';
import type { RunningProjections } from './projections/engine/start.ts';
import type { ReadModel } from './projections/tables.ts';
import type { Reconciliation } from './reactions/reconciliation/start.ts';
import type { CheckResult, Checks } from './read-api/health-routes.ts';
import type { OpenTenantDirectory } from './tenants/directory.ts';

type Parts = {
  readonly log: WatchedLog;
  readonly directory: OpenTenantDirectory;
  /** Absent where the process's roles need no Postgres. */
  readonly db?: Kysely<ReadModel>;
  /** Of what this process projects, else of what it shows. */
  readonly projections?: Pick<RunningProjections, 'status'>;
  /** What the views show, where this process serves or projects. */
  readonly shown?: readonly Pick<Projection, 'name' | 'prefixes'>[];
  readonly reconciliation?: Reconciliation;
};

/** What has to be well before this process should get requests. */
export const readinessOf = ({ log, directory, db, projections, shown = [], reconciliation }: Parts): Checks => ({
  eventStore: async () => {
    const doubt = await log.doubt();
    if (doubt !== undefined) return { ok: false, detail: doubt };
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
        async () => {
          const known = ofRunning(projections, name);
          const one = shown.find((projection) => projection.name === name);
          if (!known.ok || !db || !one) return known;
          // What it knows of the log may be two seconds old. A store that does not answer has a check of its own.
          const shows = await checkShown(log, db, one).catch(() => known);
          return shows.ok ? known : shows;
        },
      ]),
    ),
  }),
});

/** What this process itself knows of a projection. */
function ofRunning(projections: Pick<RunningProjections, 'status'>, name: string): CheckResult {
  const { caughtUp, state, lagEvents, parked, heldUpBy, stale } = projections
    .status()
    .find((status) => status.name === name)!;
  if (heldUpBy !== undefined) return { ok: false, detail: `held up: ${heldUpBy} streams would be parked` };
  if (stale) return STALE;
  const lag = lagEvents === null ? 'lag unknown' : `${lagEvents} events behind`;
  if (!caughtUp) return { ok: false, detail: `${state}, ${lag}` };
  if (lagEvents === null) return { ok: true, detail: lag };
  // A warning: everything else is served.
  return parked > 0 ? { ok: true, detail: `${parked} stream${parked > 1 ? 's' : ''} parked` } : { ok: true };
}

const STALE: CheckResult = { ok: false, detail: 'stale: the log was restored or is another one' };

/** Whether the views are this log's and show its end. */
async function checkShown(
  log: EventLog,
  db: Kysely<ReadModel>,
  { name, prefixes }: Pick<Projection, 'name' | 'prefixes'>,
): Promise<CheckResult> {
  const live = await liveGeneration(db, name);
  if (!live) return { ok: false, detail: 'starting' };
  const [lag] = await lagsOf(log, [readerOf({ prefixes }, live)]);
  if (lag?.isStale) return STALE;
  const isLate = lag?.since !== undefined && Date.now() - Date.parse(lag.since) > LATE_AFTER_SECONDS * 1000;
  return isLate ? { ok: false, detail: `${live.state}, ${lag.events} events behind` } : { ok: true };
}
