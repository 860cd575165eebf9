import type { HttpBindings } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { getPath } from 'hono/utils/url';
import type { Logger } from 'pino';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import { sha256 } from '../../events/identity.ts';
import { type Endpoint, endpoints } from '../../events/metadata.ts';
import { problem } from '../../http/problem.ts';
import { clientIpBy, type ProxyTrust, rateLimit } from '../../http/rate-limit.ts';
import { type Claim, claimOf, verify } from '../../retell/signature.ts';
import { DEFAULT_TENANT, namedTenant, type TenantDirectory, tenantIn, type WebhookKey } from '../../tenants/tenant.ts';
import { accept } from './accept.ts';
import {
  answersTo,
  type Behind,
  describeRoute,
  logRefused,
  type OnAnswered,
  type RefusalCode,
  staleBy,
} from './answers.ts';
import { bodyReader, turnsOfLarge, waitingRoom } from './body.ts';
import { openRecorder, type Recorder, timeFor } from './record.ts';

export type WebhookConfig = {
  readonly bodyLimitBytes: number;
  /** How long a body may take to arrive, and how much memory all bodies may use. */
  readonly bodyTimeoutMs?: number;
  readonly bodiesTotalBytes?: number;
  readonly rateLimitPerMinute: number;
  /** `unverified` counts failing requests only; `all` counts every request, before reading it. */
  readonly rateLimitScope: 'unverified' | 'all';
  readonly trustProxy: ProxyTrust;
  readonly publicHost?: string | undefined;
  readonly keepTranscriptUpdates: boolean;
  /**
   * Deliveries of one tenant that may wait for the event store; default 1200, a burst of three to four seconds. More are
   * refused at once, so that these are in time. Of all tenants twice as many, shared.
   */
  readonly mostWaiting?: number;
  /** How long to wait for a small body to be stored before answering 503; Retell itself waits 10 s. */
  readonly storeTimeoutMs: number;
};

export type WebhookDeps = {
  readonly log: EventLog;
  readonly tenants: TenantDirectory;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
  readonly config: WebhookConfig;
  readonly onAnswered?: OnAnswered;
};

export type Webhooks = {
  readonly routes: OpenAPIHono<{ Bindings: HttpBindings }>;
  /** Also records for the reconciliation, which must take the same way. */
  readonly recorder: Recorder;
  /** Refuses new requests with 503; resolves when those in flight are answered and written. */
  drain(): Promise<void>;
};

/** The largest body to read from an asker who has sent too much in vain: all but the longest calls. */
const SMALL_BYTES = 64 * 1024;

type Ctx = Context<{ Bindings: HttpBindings }>;

/** Receives webhooks: from bytes to a fact on disk, and only then 204 (A2–A5, B10, B11). */
export function webhookRoutes({ log, tenants, now, logger, config, onAnswered = () => {} }: WebhookDeps): Webhooks {
  const recorder = openRecorder(log, config.storeTimeoutMs);
  const { keepTranscriptUpdates, mostWaiting = 1200, bodiesTotalBytes = 256 * 1024 * 1024 } = config;
  const ipOf = clientIpBy(config.trustProxy);
  const limit = rateLimit(config.rateLimitPerMinute);
  const openBody = bodyReader({
    limitBytes: config.bodyLimitBytes,
    timeoutMs: config.bodyTimeoutMs ?? 10_000,
    totalBytes: bodiesTotalBytes,
  });
  const turns = turnsOfLarge();
  const waiting = waitingRoom(2 * mostWaiting, bodiesTotalBytes);
  const tenantNameOf = (c: Context): string => {
    const [path, header, host] = [c.req.param('tenant'), c.req.header('x-tenant-id'), c.req.header('host')];
    return namedTenant({ path, header, host }, config.publicHost) ?? DEFAULT_TENANT;
  };
  const underWay = new Set<Promise<Response>>();
  let stopping = false;

  async function receive(c: Ctx, endpoint: Endpoint): Promise<Response> {
    const tenantName = tenantNameOf(c);
    const tenantId = tenantIn(tenants, tenantName)?.id;
    const answers = answersTo(c, { handler: endpoint, tenantId }, logger, onAnswered);
    if (stopping) return answers.refused('stopping');
    if (!tenants.ready()) return answers.refused('not_ready');

    const asker = { ip: ipOf(c), tenantName };
    const counted = config.rateLimitScope === 'all' ? limit.consume(asker) : undefined;
    if (counted?.allowed === false) return answers.tooMany(counted);
    /** Counts unverified requests only: all of Retell is behind one address (B11). */
    const unverified = (code: RefusalCode, bytes = 0, why: () => Behind = () => ({})): Response => {
      const decision = counted ?? limit.consume(asker, bytes);
      return decision.allowed ? answers.refused(code, why()) : answers.tooMany(decision);
    };

    // Check first what costs nothing to check.
    const length = Number(c.req.header('content-length')); // NaN: it comes in chunks
    if (length > config.bodyLimitBytes) return unverified('body_too_large');
    const signatureHeader = c.req.header('x-retell-signature') ?? '';
    const claim = claimOf(signatureHeader, now());
    if ('aheadMs' in claim) return unverified(claim.refusal, 0, () => ({ detail: staleBy(claim.aheadMs) }));
    if ('refusal' in claim) return unverified(claim.refusal);
    if (!(length <= SMALL_BYTES) && limit.isSpent(asker)) return unverified('sig_mismatch');

    const turn = (bytes: number) => turns(tenantId ?? '', bytes);
    const held = openBody(c.env.incoming, turn);
    try {
      const body = await held.bytes;
      if (body === 'too_busy') return answers.refused(body);
      if (!Buffer.isBuffer(body)) return unverified(body, body === 'body_too_large' ? config.bodyLimitBytes : 0);

      await turn(body.length);
      const tenant = tenantIn(tenants, tenantName); // again: its key may have been retired meanwhile
      const receivedAt = new Date(now()).toISOString();
      const keys = tenant?.webhookKeys ?? [];
      const verdict = verify(claim, body, keys, tenant?.settings.acceptUntimestampedSignature ?? false);
      if (!verdict.authentic)
        return unverified(verdict.reason, body.length, () => ({ reason: reasonOf(verdict.reason, claim, body, keys) }));
      if (tenant === undefined) return unverified('sig_mismatch', body.length);

      const leave = waiting(tenant.id, body.length);
      if (typeof leave === 'string') return answers.refused(leave);
      const { keyId, form } = verdict;
      const delivery = { tenant, endpoint, body, sha256: sha256(body), signatureHeader, keyId, receivedAt };
      const accepting = accept(delivery, {
        ...{ recorder, tenants, keepTranscriptUpdates },
        turn: () => turn(body.length),
      }).finally(leave);
      const accepted = await inTime(accepting, timeFor(body.length, config.storeTimeoutMs));
      return answers.accepted(accepted, delivery, form);
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable)) return answers.refused('internal_error', { error });
      return answers.refused('event_store_unavailable', { error, reason: 'store_unavailable' });
    } finally {
      held.release();
    }
  }

  const routes = new OpenAPIHono<{ Bindings: HttpBindings }>();
  for (const endpoint of endpoints)
    for (const path of [`/api/webhooks/${endpoint}`, `/t/:tenant/api/webhooks/${endpoint}`]) {
      describeRoute(routes.openAPIRegistry, path, endpoint);
      routes.post(path, (c) => {
        const response = receive(c, endpoint);
        underWay.add(response);
        return response.finally(() => underWay.delete(response));
      });
      routes.all(path, (c) =>
        problem(c, 405, 'method_not_allowed', { detail: 'Webhooks are posted.', headers: { allow: 'POST' } }),
      );
    }

  // The root application answers 404. Log it here, since a vendor with a wrong address gives up within a second.
  const strays = rateLimit(config.rateLimitPerMinute);
  for (const path of ['/api/webhooks/*', '/t/*'])
    routes.all(path, (c, next) => {
      if (c.req.method === 'POST' && c.req.header('x-retell-signature') !== undefined) {
        const tenantName = /^\/t\/([^/]*)/.exec(c.req.path)?.[1]?.toLowerCase() ?? tenantNameOf(c);
        const tenantId = tenantIn(tenants, tenantName)?.id;
        onAnswered({ handler: 'unknown', tenantId, status: 404, outcome: 'unknown_path', seconds: 0, newWords: [] });
        if (strays.consume({ ip: ipOf(c), tenantName }).allowed)
          logRefused(logger, 'unknown_path', { handler: 'unknown', tenant_id: tenantId, t: 0 });
      }
      return next();
    });

  return {
    routes,
    recorder,
    async drain() {
      stopping = true;
      while (underWay.size > 0) await Promise.allSettled(underWay);
      await recorder.idle();
    },
  };
}

/**
 * Routes webhooks with doubled or trailing slashes to the path that was meant: people add them when they type or join
 * addresses.
 */
export function routedPath(request: Request): string {
  const path = getPath(request);
  if (!path.includes('//') && !path.endsWith('/')) return path;
  const meant = path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
  return /^\/(api\/webhooks|t)\//.test(meant) ? meant : path;
}

/**
 * For the log only: whether a proxy re-serialised the JSON and so broke the signature. Tried for small bodies, whatever
 * the tenant.
 */
function reasonOf(refusal: RefusalCode, claim: Claim, body: Buffer, keys: readonly WebhookKey[]): string {
  if (refusal !== 'sig_mismatch' || body.length > SMALL_BYTES) return refusal;
  try {
    const compact = Buffer.from(JSON.stringify(JSON.parse(body.toString())));
    if (verify(claim, compact, keys, false).authentic) return 'sig_mismatch_reserialised';
  } catch {} // no JSON, or too deep to write
  return refusal;
}

/** The work continues: a timeout means *unknown*, and a retry waits behind it. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new EventStoreUnavailable(`no confirmation in ${ms} ms`)), ms);
  work.catch(() => {}); // after the timeout it has no other handler
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
