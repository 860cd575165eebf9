import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from 'pino';
import type { Endpoint } from '../../events/metadata.ts';
import { problem } from '../../http/problem.ts';
import type { Delivery } from '../../retell/call-fact.ts';
import type { Accepted } from './accept.ts';
import type { Unread } from './body.ts';
import { logAccepted, logRefused } from './delivery-log.ts';
import type { NewWord } from './new-words.ts';
import type { Taken } from './rate-limit.ts';

/** Where a webhook came in; `unknown`: at a path that nobody answers. */
export type Handler = Endpoint | 'unknown';

/** Told of every answer: `outcome` is what was logged (`recorded`, `duplicate`, `sig_stale`, `rate_limited` …). */
export type OnAnswered = (answer: {
  handler: Handler;
  status: number;
  outcome: string;
  seconds: number;
  newWords: readonly NewWord[];
}) => void;

export type Refused = { readonly status: ContentfulStatusCode; readonly detail: string; readonly headers?: Headers };
type Headers = Readonly<Record<string, string>>;

const RETRY_SOON = { 'retry-after': '1' };
const CLOSE = { connection: 'close' };
const UNVERIFIED: Refused = {
  status: 401,
  detail: 'Sign the exact bytes of the body with the webhook key of the tenant: x-retell-signature: v=<ms>,d=<hex>.',
};

/** Every answer but 2xx and 429, by its code. */
export const refusals = {
  sig_missing: UNVERIFIED,
  sig_malformed: UNVERIFIED,
  sig_stale: UNVERIFIED,
  sig_mismatch: UNVERIFIED,
  body_too_large: { status: 413, detail: 'The body is larger than this service takes.', headers: CLOSE },
  body_too_slow: { status: 408, detail: 'The body did not arrive in time.', headers: CLOSE },
  client_gone: { status: 408, detail: 'The connection ended before the body did.', headers: CLOSE },
  too_busy: { status: 503, detail: 'Too many large bodies at once.', headers: { ...RETRY_SOON, ...CLOSE } },
  overloaded: { status: 503, detail: 'More at once than can be recorded in time. Send it again.', headers: RETRY_SOON },
  stopping: { status: 503, detail: 'The service is stopping.', headers: { ...RETRY_SOON, ...CLOSE } },
  not_ready: { status: 503, detail: 'The service is starting.', headers: RETRY_SOON },
  store_unavailable: { status: 503, detail: 'Not known to be recorded. Send it again.', headers: RETRY_SOON },
  internal_error: { status: 503, detail: 'Not recorded. Send it again.', headers: RETRY_SOON },
} as const satisfies Record<string, Refused> & Record<Unread, Refused>;
export type RefusalCode = keyof typeof refusals;

type Behind = { readonly error?: unknown; readonly reason?: string | undefined };

/** The answers to one request; each is logged and measured once (A11). */
export function answersTo(c: Context, handler: Endpoint, logger: Logger, onAnswered: OnAnswered = () => {}) {
  const started = performance.now();
  const elapsed = () => Math.round(performance.now() - started);
  const answered = (response: Response, outcome: string, newWords: readonly NewWord[] = []): Response => {
    const seconds = (performance.now() - started) / 1000;
    onAnswered({ handler, status: response.status, outcome, seconds, newWords });
    return response;
  };
  return {
    accepted(accepted: Accepted, delivery: Delivery, form: 'timed' | 'bare'): Response {
      logAccepted(logger, accepted, delivery, form, elapsed());
      // The call waits for this answer and then goes on with the agent it is bound to (docs/retell-api.md,
      // "Inbound call webhook").
      const response = accepted.event === 'call_inbound' ? c.json({ call_inbound: {} }) : c.body(null, 204);
      return answered(response, accepted.outcome, 'newWords' in accepted ? accepted.newWords : []);
    },
    /** `reason`: a finer word than the code, for the operator alone. */
    refused(code: RefusalCode, tenantId: string | undefined, { error, reason = code }: Behind = {}): Response {
      logRefused(logger, reason, { handler, tenant_id: tenantId, t: elapsed() }, error);
      const { status, detail, headers = {} }: Refused = refusals[code];
      return answered(problem(c, status, code, { detail, headers }), reason);
    },
    tooMany({ first, retryAfterSeconds }: Taken & { allowed: false }, tenantId: string | undefined): Response {
      if (first) logRefused(logger, 'rate_limited', { handler, tenant_id: tenantId, t: elapsed() });
      const headers = { 'retry-after': String(retryAfterSeconds) };
      const detail = 'Too many requests from this address. Try again later.';
      return answered(problem(c, 429, 'rate_limited', { detail, headers }), 'rate_limited');
    },
  };
}
