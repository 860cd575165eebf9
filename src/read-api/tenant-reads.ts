import { createHash } from 'node:crypto';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { etag } from 'hono/etag';
import type { Kysely, RawBuilder, SelectQueryBuilder } from 'kysely';
import type { Enter } from '../events/concurrency-limit.ts';
import { type Authenticate, type CallerEnv, requireScope } from '../http/bearer.ts';
import { answerInTurn, tenantShare } from '../http/tenant-share.ts';
import type { ReadModel } from '../projections/tables.ts';
import { type Paging, pageOf } from './keyset.ts';
import { type Count, countPerSpan, type Span } from './spans.ts';

/**
 * What one tenant may read. Handlers get this and no `db`, so that a query cannot forget the tenant; each view is added
 * here with its `where`.
 */
export const readsOf = (db: Kysely<ReadModel>, tenantId: string) => ({
  callSessions: () => db.selectFrom('call_sessions').where('call_sessions.tenant_id', '=', tenantId),
  callSessionCalls: () => db.selectFrom('call_session_calls').where('call_session_calls.tenant_id', '=', tenantId),
  callSessionFormerCalls: () =>
    db.selectFrom('call_session_former_calls').where('call_session_former_calls.tenant_id', '=', tenantId),
  callSessionOtherAppointments: () =>
    db.selectFrom('call_session_other_appointments').where('call_session_other_appointments.tenant_id', '=', tenantId),
  appointments: () => db.selectFrom('appointments').where('appointments.tenant_id', '=', tenantId),
  deliveries: () => db.selectFrom('deliveries').where('deliveries.tenant_id', '=', tenantId),
  tickets: () => db.selectFrom('tickets').where('tickets.tenant_id', '=', tenantId),
  customers: () => db.selectFrom('customers').where('customers.tenant_id', '=', tenantId),
  /** Of a query that began with one of these. */
  page: <TB extends keyof ReadModel, Row extends { id: string; created_at: Date }>(
    query: SelectQueryBuilder<ReadModel, TB, Row>,
    paging: Paging,
    large?: readonly RawBuilder<unknown>[],
    parts?: readonly RawBuilder<boolean>[],
  ) => pageOf(db, query, paging, large, parts),
  /** Of queries that began with one of these. */
  countPerSpan: <TB extends keyof ReadModel>(
    spans: readonly Span[],
    queries: readonly SelectQueryBuilder<ReadModel, TB, Count>[],
  ) => countPerSpan(db, spans, queries),
});
export type TenantReads = ReturnType<typeof readsOf>;

type ReadEnv = CallerEnv & { Variables: { reads: TenantReads } };

export type QueryApp = OpenAPIHono<CallerEnv>;

/** Every route of the query API names this as its middleware; a handler without it does not compile. */
export type AsTenant = MiddlewareHandler<ReadEnv>;

/** In this thread: of a few KB, handing them to WebCrypto's thread costs more than the digest. */
const sha1 = (body: Uint8Array): ArrayBuffer => new Uint8Array(createHash('sha1').update(body).digest()).buffer;

/** How far what is shown is behind the log, in seconds; null: unknown. From memory: each answer tells it. */
type ReadModelLag = () => number | null;

/** As many as there are connections to Postgres (createReadPool). */
export const READS_AT_ONCE = 10;

export type TenantAccess = {
  readonly db: Kysely<ReadModel>;
  readonly authenticate: Authenticate;
  readonly lag: ReadModelLag;
  /** The requests that are answered at once, each tenant with its share. */
  readonly inWork?: Enter | undefined;
};

/**
 * Admits a key with the read scope, binds the queries to its tenant, and answers `If-None-Match`. The ETag is a digest
 * of the body, so it is the same in every process and after a rebuild.
 */
export function asTenant({ db, authenticate, lag, inWork = tenantShare(READS_AT_ONCE) }: TenantAccess): AsTenant {
  const mayRead = requireScope(authenticate, 'read');
  const conditional = etag({ generateDigest: sha1 });
  return (c, next) =>
    mayRead(c as unknown as Context<CallerEnv>, async () => {
      const { tenantId } = c.var.caller;
      await answerInTurn(
        c,
        inWork,
        tenantId,
        () =>
          conditional(c, async () => {
            c.set('reads', readsOf(db, tenantId));
            await next();
            // Personal data: no shared cache may keep it, and a private one asks before it shows it again.
            c.header('cache-control', 'private, no-cache');
            c.header('vary', 'Authorization');
          }) as Promise<void>,
      );
      const seconds = lag();
      c.header('x-read-model-lag', seconds === null ? 'unknown' : `${Math.round(seconds * 10) / 10}`);
    });
}
