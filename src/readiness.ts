import { type Kysely, sql } from 'kysely';
import { appendsFail } from './events/append-health.ts';
import type { EventLog } from './events/event-log.ts';
import type { WatchedLog } from './events/log-watch.ts';
import { type Generation, liveGeneration } from './projections/engine/generations.ts';
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
export function readinessOf({ log, directory, db, projections, shown = [], reconciliation }: Parts): Checks {
  let looking: ReturnType<typeof lookAtShown> | undefined;
  /** One look at the end of the log for all that are asked about at once. */
  const shownNow = async (name: string) => {
    looking ??= db && lookAtShown(log, db, shown).finally(() => (looking = undefined));
    return (await looking)?.get(name);
  };
  return {
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
            if (!known.ok) return known;
            // What it knows of the log may be two seconds old. A store that does not answer has a check of its own.
            const shows = await shownNow(name).catch(() => known);
            return shows === undefined || shows.ok ? known : shows;
          },
        ]),
      ),
    }),
  };
}

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
async function lookAtShown(
  log: EventLog,
  db: Kysely<ReadModel>,
  shown: NonNullable<Parts['shown']>,
): Promise<ReadonlyMap<string, CheckResult>> {
  const lives = await Promise.all(shown.map(async (one) => ({ ...one, live: await liveGeneration(db, one.name) })));
  const found = lives.filter((one): one is typeof one & { live: Generation } => one.live !== undefined);
  const lags = await lagsOf(
    log,
    found.map((one) => readerOf(one, one.live)),
  );
  const results = new Map<string, CheckResult>(shown.map(({ name }) => [name, { ok: false, detail: 'starting' }]));
  for (const [i, { isStale, since, events }] of lags.entries()) {
    const { name, live } = found[i]!;
    const isLate = since !== undefined && Date.now() - Date.parse(since) > LATE_AFTER_SECONDS * 1000;
    const shows = isLate ? { ok: false, detail: `${live.state}, ${events} events behind` } : { ok: true };
    results.set(name, isStale ? STALE : shows);
  }
  return results;
}
