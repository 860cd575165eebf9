import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from 'pino';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import { sha256 } from '../../events/identity.ts';
import { isTenantId } from '../../events/ids.ts';
import { type Endpoint, endpoints } from '../../events/metadata.ts';
import { problem } from '../../http/problem.ts';
import { DEFAULT_TENANT, type Tenant, type TenantDirectory } from '../tenants/tenant.ts';
import { accept } from './accept.ts';
import { bodyReader, type Unread } from './body.ts';
import type { Delivery } from './call-fact.ts';
import { clientIp, type ProxyTrust } from './client-ip.ts';
import { logAccepted, logRefused } from './delivery-log.ts';
import { describeRoute } from './openapi.ts';
import { rateLimit, type Taken } from './rate-limit.ts';
import { type Recorder, recorder } from './record.ts';
import { verify } from './signature.ts';
import { namedTenant } from './tenant-selection.ts';

export type WebhookConfig = {
  readonly bodyLimitBytes: number;
  /** How long a sender may take to send a body, and how much memory all bodies together may take. */
  readonly bodyTimeoutMs?: number;
  readonly bodiesTotalBytes?: number;
  readonly rateLimitPerMinute: number;
  /** `unverified` counts the requests that fail only; `all` counts every request before it is looked at. */
  readonly rateLimitScope: 'unverified' | 'all';
  readonly trustProxy: ProxyTrust;
  readonly publicHost?: string | undefined;
  readonly keepTranscriptUpdates: boolean;
  /** How long the event store has to confirm before the answer is 503; Retell itself waits 10 s. */
  readonly storeTimeoutMs: number;
};

export type WebhookDeps = {
  readonly log: EventLog;
  readonly tenants: TenantDirectory;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
  readonly config: WebhookConfig;
  /** Told of every answer: `outcome` is what was logged (`recorded`, `duplicate`, `sig_stale`, `rate_limited` …). */
  readonly onAnswered?: (answer: { handler: Endpoint; status: number; outcome: string; seconds: number }) => void;
};

export type Webhooks = {
  readonly routes: OpenAPIHono<{ Bindings: HttpBindings }>;
  /** The way from a fact to the log that the webhooks take; the reconciliation must take the same. */
  readonly recorder: Recorder;
  /** New requests get 503 from now on; resolves when those under way are answered and nothing is being written. */
  drain(): Promise<void>;
};

type Ctx = Context<{ Bindings: HttpBindings }>;
const RETRY_SOON = { 'retry-after': '1' };

/** The door: from bytes to a fact on disk, and only then 204 (A2–A5, B10, B11). */
export function webhookRoutes({ log, tenants, now, logger, config, onAnswered }: WebhookDeps): Webhooks {
  const writer = recorder(log, config.storeTimeoutMs);
  const accepting = { recorder: writer, tenants, keepTranscriptUpdates: config.keepTranscriptUpdates };
  const take = rateLimit(config.rateLimitPerMinute);
  const openBody = bodyReader({
    limitBytes: config.bodyLimitBytes,
    timeoutMs: config.bodyTimeoutMs ?? 10_000,
    totalBytes: config.bodiesTotalBytes ?? 256 * 1024 * 1024,
  });
  const underWay = new Set<Promise<Response>>();
  let stopping = false;

  const receive = async (c: Ctx, handler: Endpoint): Promise<Response> => {
    const started = performance.now();
    const elapsed = () => Math.round(performance.now() - started);
    const answered = (response: Response, outcome: string): Response => {
      onAnswered?.({ handler, status: response.status, outcome, seconds: (performance.now() - started) / 1000 });
      return response;
    };

    const name = namedTenant(
      { path: c.req.param('tenant'), header: c.req.header('x-tenant-id'), host: c.req.header('host') },
      config.publicHost,
    );
    const tenant = tenantOf(name ?? DEFAULT_TENANT, tenants);
    const refuse = (status: ContentfulStatusCode, code: string, detail: string, headers = {}, error?: unknown) => {
      logRefused(logger, code, { handler, tenant_id: tenant?.id, t: elapsed() }, error);
      return answered(problem(c, status, code, { detail, headers }), code);
    };
    const tooMany = (taken: Taken & { allowed: false }): Response => {
      if (taken.first) logRefused(logger, 'rate_limited', { handler, tenant_id: tenant?.id, t: elapsed() });
      const headers = { 'retry-after': String(taken.retryAfterSeconds) };
      const detail = 'Too many requests from this address. Try again later.';
      return answered(problem(c, 429, 'rate_limited', { detail, headers }), 'rate_limited');
    };

    if (stopping) return refuse(503, 'stopping', 'The service is stopping.', { ...RETRY_SOON, connection: 'close' });
    if (!tenants.ready()) return refuse(503, 'not_ready', 'The service is starting.', RETRY_SOON);

    const ip = clientIp(getConnInfo(c).remote.address, c.req.header('x-forwarded-for'), config.trustProxy);
    const counted = config.rateLimitScope === 'all' ? await take(ip, tenant?.id) : undefined;
    if (counted?.allowed === false) return tooMany(counted);
    /** Whoever is not known to be Retell is counted; Retell itself, behind one address, never is (B11). */
    const refuseUnverified = async (status: ContentfulStatusCode, code: string, detail: string, headers = {}) => {
      const taken = counted ?? (await take(ip, tenant?.id));
      return taken.allowed ? refuse(status, code, detail, headers) : tooMany(taken);
    };

    const held = openBody(c.env.incoming);
    try {
      const body = await held.bytes;
      if (!Buffer.isBuffer(body)) {
        const { status, detail, headers } = UNREAD[body];
        return status === 503 ? refuse(status, body, detail, headers) : refuseUnverified(status, body, detail, headers);
      }

      const receivedAt = now();
      const signatureHeader = c.req.header('x-retell-signature') ?? '';
      const verdict = verify(
        body,
        signatureHeader,
        tenant?.webhookKeys ?? [],
        tenant?.settings.acceptUntimestampedSignature ?? false,
        receivedAt,
      );
      if (!verdict.authentic || tenant === undefined)
        return refuseUnverified(401, verdict.authentic ? 'sig_mismatch' : verdict.reason, UNVERIFIED);

      const delivery: Delivery = {
        tenant,
        endpoint: handler,
        body,
        sha256: sha256(body),
        signatureHeader,
        keyId: verdict.keyId,
        receivedAt: new Date(receivedAt).toISOString(),
      };
      const accepted = await inTime(accept(delivery, accepting), config.storeTimeoutMs);
      logAccepted(logger, accepted, delivery, verdict.form, elapsed());
      // The call waits for this answer and then goes on with the agent it is bound to (REFERENCE §2.5).
      const response = accepted.event === 'call_inbound' ? c.json({ call_inbound: {} }) : c.body(null, 204);
      return answered(response, accepted.outcome);
    } catch (error) {
      const code = error instanceof EventStoreUnavailable ? 'store_unavailable' : 'internal_error';
      return refuse(503, code, 'Not recorded, or not known to be. Send it again.', RETRY_SOON, error);
    } finally {
      held.release();
    }
  };

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

  return {
    routes,
    recorder: writer,
    async drain() {
      stopping = true;
      while (underWay.size > 0) await Promise.allSettled(underWay);
      await writer.idle();
    },
  };
}

/** A name that cannot be a tenant's is as unknown as one that is nobody's. */
const tenantOf = (name: string, tenants: TenantDirectory): Tenant | undefined =>
  isTenantId(name) ? tenants.get(name) : undefined;

const UNVERIFIED =
  'Sign the exact bytes of the body with the webhook key of the tenant: x-retell-signature: v=<ms>,d=<hex>.';

const CLOSE = { connection: 'close' };
const UNREAD: Readonly<Record<Unread, { status: 408 | 413 | 503; detail: string; headers: Record<string, string> }>> = {
  body_too_large: { status: 413, detail: 'The body is larger than this service takes.', headers: CLOSE },
  body_too_slow: { status: 408, detail: 'The body did not arrive in time.', headers: CLOSE },
  client_gone: { status: 408, detail: 'The connection ended before the body did.', headers: CLOSE },
  too_busy: { status: 503, detail: 'Too many large bodies at once.', headers: { ...RETRY_SOON, ...CLOSE } },
};

/** The work goes on: no answer means *unknown*, and a retry that finds it under way waits for the same. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  const stop = new AbortController();
  const late = sleep(ms, undefined, { signal: stop.signal }).then(() => {
    throw new EventStoreUnavailable(`no confirmation in ${ms} ms`);
  });
  late.catch(() => {}); // stopped, or nobody's any more
  work.catch(() => {});
  return Promise.race([work, late]).finally(() => stop.abort());
}
