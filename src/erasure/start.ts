import { Kysely, PostgresDialect } from 'kysely';
import type { Logger } from 'pino';
import { pause, stoppable, supervise } from '../events/waiting.ts';
import { connect } from '../postgres/connection.ts';
import { safeErrorMessage } from '../postgres/errors.ts';
import { tryLock } from '../postgres/mutex.ts';
import { createReadPool } from '../postgres/pool.ts';
import type { ReadModel } from '../projections/tables.ts';
import { type CarryingOut, carryOut, inPieces } from './carry-out.ts';
import { deleteCalls } from './delete-calls.ts';
import { type ErasureState, pendingAtRetell, record } from './erasure.ts';
import type { Erasures } from './erasures.ts';
import { remover } from './remove.ts';
import { dueOf, type Looked } from './retention.ts';

export type ErasureOptions = Omit<CarryingOut, 'db' | 'signal' | 'now'> & {
  readonly erasures: Erasures;
  readonly databaseUrl: string;
  /** RETENTION_EVERY_MINUTES */
  readonly everyMinutes: number;
  readonly logger: Logger;
  readonly now?: () => number;
  /** How often a process that does not lead tries to. */
  readonly standbyMs?: number;
};

export type RunningErasure = { stop(): Promise<void> };

const BACK_OFF_MS = [200, 500, 1000, 2000, 5000] as const;
const DAY_MS = 86_400_000;
/** After Retell was away, or asked for less at once. */
const RETELL_AGAIN_MS = 60_000;

/** Carries erasures out, and what is due by the tenants' retention; one process does. Never throws; waits for stores that are away. */
export function startErasure(options: ErasureOptions): RunningErasure {
  const { databaseUrl, logger, standbyMs = 2000 } = options;
  const { signal, stop } = stoppable();
  const pool = createReadPool(databaseUrl, { logger });
  const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool }) });

  async function lead(onWell: () => void): Promise<void> {
    await using connection = await connect(databaseUrl, 'erasure');
    const until = AbortSignal.any([signal, connection.lost]);
    while (!until.aborted && !(await tryLock(connection.db, { kind: 'reaction', name: 'erasure' })))
      await pause(standbyMs, until);
    if (!until.aborted) await work({ ...options, db, signal: until, now: options.now ?? Date.now }, onWell);
    if (!signal.aborted) throw connection.lost.reason;
  }

  const ended = supervise(lead, {
    ...{ signal, backOffMs: BACK_OFF_MS },
    onFailure: (error, retryInMs) => logger.warn({ error: safeErrorMessage(error), retryInMs }, 'erasure_interrupted'),
  });
  return {
    async stop() {
      stop();
      await ended;
      await db.destroy();
    },
  };
}

type Working = CarryingOut & Pick<ErasureOptions, 'databaseUrl' | 'erasures' | 'everyMinutes' | 'standbyMs'>;

async function work(working: Working, onWell: () => void): Promise<void> {
  const { erasures, signal, everyMinutes, standbyMs = 2000 } = working;
  const removing = remover(working);
  const retain = retention(working);
  let [retentionAt, retellAt] = [0, 0];
  while (!signal.aborted) {
    const changed = erasures.changes.next();
    const open = erasures.ready()
      ? erasures.list().filter(({ state }) => state === 'queued' || state === 'running')
      : [];
    for (const erasure of open.toReversed()) {
      signal.throwIfAborted();
      await carryOut(working, erasure);
      onWell();
    }
    if (erasures.ready() && open.length === 0) {
      await removing.step();
      if (performance.now() >= retellAt)
        for (const one of erasures.list().filter((some) => some.state === 'done' && pendingAtRetell(some) > 0)) {
          if ((await deleteCalls(working, one)) === 'later') retellAt = performance.now() + RETELL_AGAIN_MS;
          onWell();
        }
      if (performance.now() >= retentionAt) {
        retentionAt = performance.now() + everyMinutes * 60_000;
        await retain();
        onWell();
        continue;
      }
    }
    await Promise.race([changed, pause(Math.min(standbyMs, 500), signal)]);
  }
}

/**
 * Erases what is due by the tenants' settings. Of evidence only the log knows what is left, and a day's first look alone
 * asks it of every session.
 */
function retention(working: Working): () => Promise<void> {
  const { tenants, now, signal } = working;
  const looks = new Map<string, Looked & { readonly wholeAt: number }>();
  return async () => {
    for (const { id, settings } of tenants.list())
      for (const what of ['personal', 'evidence'] as const) {
        const days = settings.retention?.[`${what}Days`];
        if (days === undefined) continue;
        const at = now();
        const until = at - days * DAY_MS;
        const before = what === 'evidence' ? looks.get(id) : undefined;
        const looked = before && at - before.wholeAt < DAY_MS ? before : undefined;
        for await (const found of dueOf({ ...working, tenantId: id, what, until, looked })) {
          signal.throwIfAborted();
          await carryOut(working, await begin(working, id, { what, until }, found));
        }
        if (what === 'evidence') looks.set(id, { until, at, wholeAt: looked?.wholeAt ?? at });
      }
  };
}

/** An erasure of what is due, found already. */
async function begin(
  { erasures, log, now }: Working,
  tenantId: string,
  { what, until }: { readonly what: 'personal' | 'evidence'; readonly until: number },
  found: Parameters<typeof inPieces>[0],
): Promise<ErasureState> {
  const subject = { kind: 'retention', what, until: new Date(until).toISOString() } as const;
  const asked = await erasures.request({ tenantId, subject, by: 'retention', reason: 'retention' });
  if (typeof asked === 'string' || !('erasure' in asked)) throw new Error('the erasure did not come back from the log');
  const events = inPieces(found).map((data) => ({ type: 'ErasureFound', data }) as const);
  for (const event of events)
    await erasures.reached(await record(log, { tenantId, id: asked.erasure.id }, [event], now()));
  return erasures.get(asked.erasure.id)!;
}
