import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Code } from '../../http/codes.ts';
import { problem } from '../../http/problem.ts';

type Answer = { readonly status: ContentfulStatusCode; readonly detail: string; readonly retryAfterS?: number };

/**
 * Why no call was placed, as it is recorded (`CallPlacementFailed.reason`, so `statusReason`), and the answer to the
 * caller. STORED FORMAT: the words are in the log for good.
 */
export const refusals = {
  retell_invalid_request: {
    status: 422,
    detail: 'Retell finds the request invalid. Check the numbers, the agent and the variables.',
  },
  destination_not_allowed: {
    status: 403,
    detail: "The tenant's setting calls.countries does not have the country of toNumber.",
  },
  daily_limit_reached: { status: 429, detail: "The tenant's setting calls.perDay allows no more calls today." },
  retell_key_rejected: {
    status: 409,
    detail: "Retell does not accept the API key. Set the tenant's retellApiKey (RETELL_API_KEY for `default`).",
  },
  retell_payment_required: { status: 402, detail: 'The Retell account needs a payment method.' },
  retell_not_found: {
    status: 422,
    detail: 'Retell knows no such number or agent under this API key. Check fromNumber and agentId.',
  },
  retell_rate_limited: { status: 429, detail: 'Retell takes no more requests for now.', retryAfterS: 10 },
  retell_concurrency_limit: {
    status: 429,
    detail: 'As many calls as the Retell account allows are under way.',
    retryAfterS: 60,
  },
  retell_unreachable: { status: 503, detail: 'Retell could not be reached.', retryAfterS: 10 },
  retell_refused: { status: 422, detail: 'Retell refused the request.' },
  request_expired: {
    status: 503,
    detail: 'The event store confirmed the request too late for it to be carried out.',
    retryAfterS: 1,
  },
  not_placed: { status: 503, detail: 'Retell did not answer, and its lists hold no such call.', retryAfterS: 1 },
} as const satisfies { readonly [C in Code]?: Answer };

export type Refusal = keyof typeof refusals;

/** What only the first answer has, because the log holds the reason and nothing of Retell's text. */
export type RefusalDetails = { readonly retryAfterS?: number | undefined; readonly retellMessage?: string | undefined };

/** Retell's answer to a create, by its status; undefined: whether it dialled is not known (408, 5xx). */
export function refusalOf(status: number, message: string): Refusal | undefined {
  if (status === 408 || status < 300 || status >= 500) return undefined;
  if (/concurren/i.test(message)) return 'retell_concurrency_limit';
  switch (status) {
    case 400:
      return 'retell_invalid_request';
    case 401:
    case 403:
      return 'retell_key_rejected';
    case 402:
      return 'retell_payment_required';
    case 404:
    case 422:
      return 'retell_not_found';
    case 429:
      return 'retell_rate_limited';
    default:
      return 'retell_refused';
  }
}

const ONCE = 'Nobody was called, and this request is not carried out any more.';

/** The same answer to the first request and to every repeat of it; a word of a newer version is a refusal as well. */
export function refused(c: Context, reason: string, location: string, details: RefusalDetails = {}) {
  const answer = (Object.hasOwn(refusals, reason) ? refusals[reason as Refusal] : refusals.retell_refused) as Answer;
  const message = details.retellMessage ? ` Retell says: ${details.retellMessage}` : '';
  const retryAfterS = details.retryAfterS ?? answer.retryAfterS;
  return problem(c, answer.status, reason as Code, {
    detail: `${answer.detail}${message} ${ONCE} To try again, use another callSessionId and Idempotency-Key.`,
    headers: { location, ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }) },
  });
}
