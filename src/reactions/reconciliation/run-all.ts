import { type Kysely, sql } from 'kysely';
import type { ConstructorOptions } from 'pg-boss';
import type { Logger } from 'pino';
import type { Settled } from '../../commands/calls/look-for-call.ts';
import type { Recorder } from '../../commands/webhooks/record.ts';
import type { EventLog } from '../../events/event-log.ts';
import { waitUntil } from '../../events/waiting.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { type Pacer, retellCalls } from '../../retell/list-calls.ts';
import type { Tenant, TenantDirectory } from '../../tenants/tenant.ts';
import { recordsOf } from './records.ts';
import { emptyReport, type Pace, type Run, type RunOptions, type TenantRun } from './run.ts';
import { reconcileTenant } from './tenant-run.ts';

export type ReconciliationOptions = {
  readonly log: EventLog;
  readonly tenants: TenantDirectory;
  readonly databaseUrl: string;
  /** Default: Retell's own address. */
  readonly retellBaseUrl?: string | undefined;
  /** Undefined: Retell cannot be asked for this tenant's calls. */
  readonly retellApiKeyOf: (tenantId: string) => string | undefined;
  readonly everyMinutes: number;
  readonly afterMinutes: number;
  /** Records facts as the webhooks do. */
  readonly recorder: Pick<Recorder, 'record'>;
  /** Finds out what became of requested calls without an answer (docs/calls.md). */
  readonly settleRequests?: (signal: AbortSignal) => Promise<Readonly<Record<Settled, number>>>;
  readonly logger: Logger;
  /** Ends it, as `stop()` does. */
  readonly signal?: AbortSignal;
  readonly now?: () => number;
  readonly pace?: Partial<Pace>;
  /** `false`: runs only on request. */
  readonly scheduled?: boolean;
  /** pg-boss's, where a test moves the time. */
  readonly clock?: ConstructorOptions['clock'];
};

type Under = {
  readonly run: Run;
  readonly pace: Pace;
  readonly requests: Pacer;
  readonly db: Kysely<unknown>;
  readonly signal: AbortSignal;
};

/** How long a first start may take until its read model is there. */
const READ_MODEL_WITHIN_MS = 60_000;

/** Waits for the views that a run reads, which a new installation may still be creating. */
async function readModelThere(db: Kysely<unknown>, signal: AbortSignal): Promise<void> {
  const isThere = async () => {
    const { rows } = await sql<{ there: boolean }>`
      select to_regclass('call_sessions') is not null and to_regclass('deliveries') is not null as there`.execute(db);
    return rows[0]!.there;
  };
  const found = await waitUntil(isThere, { timeoutMs: READ_MODEL_WITHIN_MS, everyMs: 250, signal });
  if (!found && !signal.aborted) throw new Error('the read model is not there yet');
}

/** Runs over the tenants, some at once. Throws the first failure of one after all have ended. */
export async function runAll(options: ReconciliationOptions, what: RunOptions, under: Under): Promise<void> {
  const { tenants } = options;
  const { run, pace, db, signal } = under;
  if (!tenants.ready()) throw new Error('the tenants are not known yet');
  await readModelThere(db, signal);
  const chosen = tenants.list().filter(({ id }) => what.tenant === undefined || id === what.tenant);
  run.tenants = chosen.map(({ id }) => emptyReport(id));
  const todo = chosen.map((tenant, i) => ({ tenant, report: run.tenants[i]! }));
  const failed: unknown[] = [];
  const worker = async () => {
    for (let next = todo.shift(); next !== undefined && !signal.aborted; next = todo.shift()) {
      const { tenant, report } = next;
      const apiKey = options.retellApiKeyOf(tenant.id);
      if (apiKey === undefined) {
        report.phase = 'no_key';
        continue;
      }
      try {
        await reconcileTenant(tenantRun(options, under, tenant, apiKey, report), what);
      } catch (error) {
        // The other tenants go on.
        report.phase = 'later';
        report.cause = safeErrorMessage(error);
        failed.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: pace.tenantsAtOnce }, worker));
  signal.throwIfAborted();
  if (failed.length > 0) throw failed[0];
}

/** A tenant's part of a run. A run may take an hour, and changed settings hold from its next call on. */
function tenantRun(
  options: ReconciliationOptions,
  { pace, requests, db, signal }: Under,
  tenant: Tenant,
  apiKey: string,
  report: TenantRun['report'],
): TenantRun {
  const { tenants, log, recorder, logger, retellApiKeyOf, now = Date.now } = options;
  const sharing = tenants.list().filter(({ id }) => id !== tenant.id && retellApiKeyOf(id) === apiKey);
  const asItIsNow = (one: Tenant) => tenants.get(one.id) ?? one;
  return {
    ...{ log, recorder, now, logger, signal, report, pageSize: pace.pageSize, concurrency: pace.concurrency },
    deadline: performance.now() + pace.tenantMs,
    get tenant() {
      return asItIsNow(tenant);
    },
    get sharing() {
      return sharing.map(asItIsNow);
    },
    owner: { tenantId: tenant.id, isTenant: (name) => tenants.get(name) !== undefined },
    retell: retellCalls({ apiKey, baseUrl: options.retellBaseUrl, pacer: requests, pace, signal }),
    records: recordsOf(
      db,
      tenant.id,
      [tenant, ...sharing].map(({ id }) => id),
    ),
    times: { ...pace, afterMs: options.afterMinutes * 60_000, everyMs: options.everyMinutes * 60_000 },
  };
}
