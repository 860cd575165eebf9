import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { EventLog } from '../events/event-log.ts';
import { scrub } from '../projections/engine/scrub.ts';
import { projections } from '../projections/index.ts';
import type { ReadModel } from '../projections/tables.ts';
import { reached } from './carry-out.ts';
import { record } from './erasure.ts';
import type { Erasures } from './erasures.ts';

type Removing = {
  readonly log: EventLog;
  readonly db: Kysely<ReadModel>;
  readonly databaseUrl: string;
  readonly erasures: Pick<Erasures, 'list' | 'reached' | 'removing'>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly now: () => number;
};

/** What a test puts in the place of the stores. */
type Parts = { readonly scrub: typeof scrub; readonly reached: typeof reached; readonly clock: () => number };

/** How long until it is asked again: soon at first, since the embedded node takes seconds; a server may take days. */
const ASK_MS = [500, 1000, 2000, 5000, 15_000, 60_000] as const;
const BY_HAND_MS = 600_000;

/** The read model is copied as often as anybody likes where that is quick; else a twentieth of the time, and daily. */
const QUICK_MS = 30_000;
const DAY_MS = 86_400_000;
export const restAfter = (copyingMs: number): number => Math.min(Math.max(copyingMs - QUICK_MS, 0) * 20, DAY_MS);

const SCAVENGE_BY_HAND =
  'The user of the event store may not start a scavenge there, or not read $scavengePoints and $scavenges: give it ' +
  '$admins, or POST /admin/scavenge on each node.';
const ROLE_TOO_NARROW =
  'The role of DATABASE_URL may not rewrite all tables of its schemas: VACUUM (FULL) those, and pg_statistic, as their owner.';

/** Has both stores remove from their files what all erasures have hidden by then; those that are done meanwhile are next. */
export function remover(
  { log, db, databaseUrl, erasures, logger, signal, now }: Removing,
  parts: Parts = { scrub, reached, clock: () => performance.now() },
) {
  const { clock } = parts;
  let nextAt = Number.NEGATIVE_INFINITY;
  let round: { readonly upTo: bigint; asked: number; copyingSince?: number } | undefined;

  return {
    /** Asks once, where it is time to. Throws EventStoreUnavailable, and when Postgres is away. */
    async step(): Promise<void> {
      const all = erasures.list().filter(({ state, isRemoved }) => state === 'done' && !isRemoved);
      if (all.length === 0 || clock() < nextAt) return;
      round ??= { upTo: all.reduce((last, { hiddenAt }) => (hiddenAt > last ? hiddenAt : last), -1n), asked: 0 };
      const { upTo } = round;
      for (const projection of projections) await parts.reached({ log, db, signal }, upTo, projection);
      // The log's first: a rebuild reads what is there.
      const scavenged = await log.scavenge(upTo);
      if (scavenged === 'done') round.copyingSince ??= clock();
      const scrubbed =
        scavenged === 'done' ? await parts.scrub({ databaseUrl, projections, position: upTo }) : 'pending';
      if (scrubbed !== 'done') {
        const byHand =
          scavenged === 'by_hand' ? SCAVENGE_BY_HAND : scrubbed === 'unknown' ? ROLE_TOO_NARROW : undefined;
        erasures.removing({ physical: scrubbed, ...(byHand !== undefined && { detail: byHand }) });
        nextAt = clock() + (byHand ? BY_HAND_MS : ASK_MS[Math.min(round.asked++, ASK_MS.length - 1)]!);
        return;
      }
      erasures.removing({ physical: 'pending' });
      nextAt = clock() + restAfter(clock() - round.copyingSince!);
      round = undefined;
      for (const { tenantId, erasure } of all.filter(({ hiddenAt }) => hiddenAt <= upTo)) {
        const position = await record(log, { tenantId, id: erasure.id }, [{ type: 'ErasureRemoved', data: {} }], now());
        await erasures.reached(position);
        logger.info({ event: 'erasure_removed', erasure_id: erasure.id, tenant_id: tenantId }, 'erasure');
      }
    },
  };
}
