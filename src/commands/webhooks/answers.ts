import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from 'pino';
import type { CallFactType } from '../../events/call-facts.ts';
import type { Endpoint } from '../../events/metadata.ts';
import type { Code } from '../../http/codes.ts';
import { jsonBody, problem, problemResponse } from '../../http/problem.ts';
import type { RateDecision } from '../../http/rate-limit.ts';
import { ignoresDecision } from '../../model/outcome.ts';
import type { CallFact, Delivery } from '../../retell/call-fact.ts';
import { SKEW_MS } from '../../retell/signature.ts';
import type { Accepted, NewWord } from './accept.ts';
import type { Unread } from './body.ts';

const ABOUT: Readonly<Record<Endpoint, string>> = {
  retell: 'Call events of appointment and reminder agents.',
  'retell-inbound-ticket': 'Call events of inbound agents; they make tickets.',
  'retell-outbound-ticket': 'Call events of outbound agents; they make tickets.',
};

const operationIds: Readonly<Record<Endpoint, string>> = {
  retell: 'receiveWebhook',
  'retell-inbound-ticket': 'receiveInboundTicketWebhook',
  'retell-outbound-ticket': 'receiveOutboundTicketWebhook',
};

const Webhook = z
  .looseObject({ event: z.string(), call: z.looseObject({ call_id: z.string() }).optional() })
  .openapi('RetellWebhook', { description: 'Only `event` and `call.call_id` are needed; all else is optional.' });

const signature = z.object({
  'x-retell-signature': z
    .string()
    .openapi({ example: 'v=1793613600180,d=2e05338b…', description: 'HMAC-SHA256 of the body and v' }),
});
const named = {
  path: z.object({ tenant: z.string() }),
  header: z.object({
    'x-tenant-id': z.string().optional().openapi({ description: 'Where neither path nor subdomain names it' }),
  }),
};

/** Documents a webhook for OpenAPI only; the handler validates itself, since a signature covers bytes. */
export function describeRoute(registry: OpenAPIHono['openAPIRegistry'], path: string, endpoint: Endpoint): void {
  const byPath = path.includes(':tenant');
  registry.registerPath({
    method: 'post',
    path: path.replace(':tenant', '{tenant}'),
    operationId: `${operationIds[endpoint]}${byPath ? 'OfTenant' : ''}`,
    tags: ['Webhooks'],
    summary: ABOUT[endpoint],
    security: [],
    request: {
      headers: byPath ? signature : signature.extend(named.header.shape),
      ...(byPath ? { params: named.path } : {}),
      ...jsonBody(Webhook, { event: 'call_started', call: { call_id: 'call_5f0c2b1e', call_type: 'phone_call' } }),
    },
    responses: {
      204: { description: 'Recorded: the fact is on disk. Also duplicates, unknown events and quarantined bodies.' },
      200: {
        description: 'To `call_inbound`: the call goes on with the agent it is bound to.',
        content: { 'application/json': { schema: z.object({ call_inbound: z.object({}) }) } },
      },
      401: problemResponse('`sig_missing`, `sig_malformed`, `sig_stale` or `sig_mismatch`; unknown tenants too'),
      408: problemResponse('`body_too_slow`'),
      413: problemResponse('`body_too_large`'),
      429: problemResponse('`rate_limited`: too many unverified requests from this address; see Retry-After'),
      503: problemResponse('`event_store_unavailable`: the event store did not confirm; see Retry-After'),
    },
  });
}

// Logs hold ids, words and codes only (A11): no personal data, secrets, payload text or addresses.

/** The endpoint; `unknown`: a path that does not exist. */
type Handler = Endpoint | 'unknown';

/** The subject of a log line; `t` is the time the request took, in milliseconds. */
type About = {
  readonly handler: Handler;
  readonly tenant_id?: string | undefined;
  readonly t: number;
};

/** One line per authentic delivery, and one per thing in it that somebody may want to fix. */
export function logAccepted(
  logger: Logger,
  accepted: Accepted,
  delivery: Delivery,
  form: 'timed' | 'bare',
  t: number,
): void {
  const tenantId = 'fact' in accepted ? accepted.fact.metadata.tenantId : delivery.tenant.id;
  const about = { handler: delivery.endpoint, tenant_id: tenantId, t };
  const verified = { verified_with: form === 'bare' ? 'raw' : delivery.keyId };
  const { event, outcome } = accepted;
  if ('reason' in accepted) {
    const line = { ...about, ...verified, event, outcome, reason: accepted.reason };
    if (accepted.outcome === 'not_kept')
      logger[accepted.reason === 'erased' ? 'info' : 'error'](line, 'webhook not kept');
    else if (accepted.reason === 'untranslatable')
      logger.error({ ...line, ...traceOf(accepted.failure) }, 'webhook not translated');
    else if (accepted.reason === 'not_a_call') logger.info(line, 'webhook kept');
    else logger.warn(line, 'webhook not understood');
    return;
  }
  const call = 'fact' in accepted ? { call_id: accepted.fact.callId } : {};
  logger.info({ ...about, ...verified, event, ...call, outcome }, 'webhook accepted');
  if (!('fact' in accepted)) return;
  const remark = (line: { readonly reason: string; readonly word?: string | undefined }) =>
    logger.warn({ ...about, event, ...call, ...line }, 'webhook remark');
  if (outcome === 'recorded') for (const reason of remarks(accepted.fact, delivery)) remark({ reason });
  for (const { field, word } of accepted.newWords) remark({ reason: `unknown_${field}`, word });
}

export function logRefused(logger: Logger, reason: string, about: About, error?: unknown): void {
  const line = { ...about, reason, ...(error === undefined ? {} : traceOf(error)) };
  if (reason === 'internal_error') logger.error(line, 'webhook refused');
  else logger.warn(line, 'webhook refused');
}

const CONCLUDING: ReadonlySet<CallFactType> = new Set(['CallEnded', 'CallAnalyzed']);

function remarks(fact: CallFact, { endpoint, tenant }: Delivery): string[] {
  const { type, data, metadata } = fact;
  const concerns = endpoint === 'retell' && CONCLUDING.has(type);
  const other = { 'retell-inbound-ticket': 'outbound', 'retell-outbound-ticket': 'inbound', retell: undefined }[
    endpoint
  ];
  return [
    ...(data.tenantMismatch ? ['tenant_mismatch'] : []),
    ...(metadata.tenantId !== tenant.id ? ['address_of_another_tenant'] : []), // both hold the key
    ...(concerns && data.callSessionId === undefined ? ['no_session'] : []),
    ...(concerns && data.appointmentId === undefined ? ['no_appointment_id'] : []),
    ...(ignoresDecision(fact) ? ['flag_on_unconnected_call'] : []),
    ...(other !== undefined && data.direction === other ? ['direction_mismatch'] : []), // the direction decides (B1)
  ];
}

/** The origin of an error without its message, which may quote content. */
const traceOf = (error: unknown) =>
  error instanceof Error
    ? {
        error: error.name,
        at: (error.stack ?? '')
          .split('\n')
          .filter((line) => /^\s+at /.test(line))
          .slice(0, 5),
      }
    : { error: typeof error };

/** Called with every answer; `outcome` is the logged word (`recorded`, `duplicate`, `sig_stale`, `rate_limited` …). */
export type OnAnswered = (answer: {
  handler: Handler;
  /** Of a registered tenant that was named; whose it was is proved only where it was accepted. */
  tenantId: string | undefined;
  status: number;
  outcome: string;
  seconds: number;
  newWords: readonly NewWord[];
}) => void;

type Refused = { readonly status: ContentfulStatusCode; readonly detail: string; readonly headers?: Headers };
type Headers = Readonly<Record<string, string>>;

const RETRY_SOON = { 'retry-after': '1' };
const CLOSE = { connection: 'close' };
const HOW = 'Sign the exact bytes of the body with the webhook key of the tenant: x-retell-signature: v=<ms>,d=<hex>.';
const unverified = (why: string): Refused => ({ status: 401, detail: `${why} ${HOW}` });

/** Every answer but 2xx and 429, by its code. */
const refusals = {
  sig_missing: unverified('There is no x-retell-signature.'),
  sig_malformed: unverified('The signature has another form, or one without a time, which this tenant may not take.'),
  sig_stale: unverified('The signature is too old, or of a time to come.'),
  sig_mismatch: unverified('The signature is not that of these bytes under a key of this tenant.'),
  body_too_large: { status: 413, detail: 'The body is larger than this service takes.', headers: CLOSE },
  body_too_slow: { status: 408, detail: 'The body did not arrive in time.', headers: CLOSE },
  client_gone: { status: 408, detail: 'The connection ended before the body did.', headers: CLOSE },
  too_busy: { status: 503, detail: 'Too many large bodies at once.', headers: { ...RETRY_SOON, ...CLOSE } },
  overloaded: { status: 503, detail: 'More at once than can be recorded in time. Send it again.', headers: RETRY_SOON },
  stopping: { status: 503, detail: 'The service is stopping.', headers: { ...RETRY_SOON, ...CLOSE } },
  not_ready: { status: 503, detail: 'The service is starting.', headers: RETRY_SOON },
  event_store_unavailable: { status: 503, detail: 'Not known to be recorded. Send it again.', headers: RETRY_SOON },
  internal_error: { status: 503, detail: 'Not recorded. Send it again.', headers: RETRY_SOON },
} as const satisfies { readonly [C in Code]?: Refused } & Record<Unread, Refused>;
export type RefusalCode = keyof typeof refusals;

/** By how much a signature is stale: one of two clocks is wrong, or something holds webhooks back. */
export function staleBy(aheadMs: number): string {
  const seconds = Math.ceil(Math.abs(aheadMs) / 1000);
  const where = aheadMs > 0 ? 'ahead of' : 'behind';
  return `The signature is ${seconds} s ${where} the clock here, and ${SKEW_MS / 1000} s are taken: check the clocks, and what holds webhooks back.`;
}

/** What is behind a refusal. */
export type Behind = {
  readonly error?: unknown;
  /** Finer than the code, for the operator only. */
  readonly reason?: string | undefined;
  /** In place of what is always said with the code. */
  readonly detail?: string | undefined;
};

export type Asked = {
  readonly handler: Endpoint;
  /** Of a registered tenant that was named. */
  readonly tenantId: string | undefined;
};

/** Answers one request; logs and measures each answer once (A11). */
export function answersTo(c: Context, { handler, tenantId }: Asked, logger: Logger, onAnswered: OnAnswered) {
  const started = performance.now();
  const about = () => ({ handler, tenant_id: tenantId, t: Math.round(performance.now() - started) });
  const answered = (response: Response, outcome: string, more: Partial<Parameters<OnAnswered>[0]> = {}): Response => {
    const seconds = (performance.now() - started) / 1000;
    onAnswered({ handler, tenantId, status: response.status, outcome, seconds, newWords: [], ...more });
    return response;
  };
  return {
    accepted(accepted: Accepted, delivery: Delivery, form: 'timed' | 'bare'): Response {
      logAccepted(logger, accepted, delivery, form, about().t);
      // The call waits for this answer and then goes on with the agent it is bound to (docs/retell-api.md,
      // "Inbound call webhook").
      const response = accepted.event === 'call_inbound' ? c.json({ call_inbound: {} }) : c.body(null, 204);
      const newWords = 'newWords' in accepted ? accepted.newWords : [];
      return answered(response, accepted.outcome, { tenantId: delivery.tenant.id, newWords });
    },
    refused(code: RefusalCode, { error, reason = code, detail }: Behind = {}): Response {
      logRefused(logger, reason, about(), error);
      const { status, headers = {}, ...usual }: Refused = refusals[code];
      return answered(problem(c, status, code, { detail: detail ?? usual.detail, headers }), reason);
    },
    tooMany({ first, retryAfterSeconds }: RateDecision & { allowed: false }): Response {
      if (first) logRefused(logger, 'rate_limited', about());
      const headers = { 'retry-after': String(retryAfterSeconds) };
      const detail = 'Too many requests from this address. Try again later.';
      return answered(problem(c, 429, 'rate_limited', { detail, headers }), 'rate_limited');
    },
  };
}
