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
  readonly erasures: Erasures;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly now: () => number;
};

/** How long until it is asked again: soon at first, since the embedded node takes seconds; a server may take days. */
const ASK_MS = [500, 1000, 2000, 5000, 15_000, 60_000] as const;
const UNKNOWN_MS = 600_000;

/** Has both stores remove from their files what erasures have hidden, and records when no byte of it is left. */
export function remover({ log, db, databaseUrl, erasures, logger, signal, now }: Removing) {
  let nextAt = 0;
  let asked = 0;
  let waitsFor = -1n;

  return {
    /** Asks once, where it is time to. Throws EventStoreUnavailable, and when Postgres is away. */
    async step(): Promise<void> {
      const hidden = erasures.list().filter(({ state, isRemoved }) => state === 'done' && !isRemoved);
      if (hidden.length === 0) return;
      const upTo = hidden.reduce((last, { hiddenAt }) => (hiddenAt > last ? hiddenAt : last), -1n);
      if (upTo > waitsFor) [waitsFor, asked, nextAt] = [upTo, 0, 0];
      if (performance.now() < nextAt) return;
      for (const projection of projections) await reached({ log, db, signal }, upTo, projection);
      // The log's first: a rebuild reads what is there.
      const scavenged = await log.scavenge(upTo);
      const word = scavenged === 'done' ? await scrub({ databaseUrl, projections, position: upTo }) : scavenged;
      erasures.removing(word);
      nextAt = performance.now() + (word === 'unknown' ? UNKNOWN_MS : ASK_MS[Math.min(asked++, ASK_MS.length - 1)]!);
      if (word !== 'done') return;
      for (const { tenantId, erasure } of hidden) {
        const position = await record(log, { tenantId, id: erasure.id }, [{ type: 'ErasureRemoved', data: {} }], now());
        await erasures.reached(position);
        logger.info({ event: 'erasure_removed', erasure_id: erasure.id, tenant_id: tenantId }, 'erasure');
      }
    },
  };
}
