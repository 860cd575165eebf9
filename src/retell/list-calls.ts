import { setTimeout as sleep } from 'node:timers/promises';
import type Retell from 'retell-sdk';
import { APIError } from 'retell-sdk';
import { isJsonObject, type JsonObject } from '../events/json.ts';
import { BadAnswer, badAnswerOf, causeOf, pageOf, retellClient, retryAfterMs, within } from './client.ts';

/** Spaces the requests of all callers evenly, at this rate at most. */
export type Pacer = { turn(signal: AbortSignal): Promise<void> };

export function pacer(perSecond: number): Pacer {
  let next = 0;
  return {
    async turn(signal) {
      const now = performance.now();
      const at = Math.max(now, next);
      next = at + 1000 / perSecond;
      if (at > now) await sleep(at - now, undefined, { signal });
    },
  };
}

/**
 * `unknown`: no such call under this key (404, 422). `later`: every attempt failed. `broken`: unreadable responses.
 * `refused`: until somebody changes the key or the plan.
 */
type Asked<T> =
  | { readonly word: 'ok'; readonly value: T }
  | { readonly word: 'unknown' }
  | { readonly word: 'later' | 'broken' | 'refused'; readonly cause: string };

export type Criteria = NonNullable<Retell.CallListParams['filter_criteria']>;
type PageRequest = {
  readonly criteria: Criteria;
  readonly order: 'ascending' | 'descending';
  readonly key?: string | undefined;
  /** Calls per page, at most. */
  readonly limit: number;
};
type Page = { readonly items: readonly unknown[]; readonly nextKey: string | undefined };

/** The calls of one Retell key; throws only when the signal aborts. */
export type RetellCalls = {
  get(callId: string): Promise<Asked<JsonObject>>;
  list(request: PageRequest): Promise<Asked<Page>>;
};

export type RequestPace = {
  readonly timeoutMs: number;
  /** Attempts per request. */
  readonly attempts: number;
  /** Before the first retry; doubles each time. */
  readonly backOffMs: number;
  /** The longest `retry-after` to obey. */
  readonly maxWaitMs: number;
};

type RetellCallsOptions = {
  readonly apiKey: string;
  readonly baseUrl: string | undefined;
  readonly pacer: Pacer;
  readonly pace: RequestPace;
  readonly signal: AbortSignal;
};

export function retellCalls({ apiKey, baseUrl, pacer, pace, signal }: RetellCallsOptions): RetellCalls {
  const client = retellClient(apiKey, baseUrl);
  /** Retell asked this key to pause until then; all its requests do. */
  let restUntil = 0;

  async function ask<T>(send: (options: Retell.RequestOptions) => Promise<unknown>, read: (answer: unknown) => T) {
    let failure: unknown;
    for (let attempt = 1; attempt <= pace.attempts; attempt++) {
      const rest = restUntil - performance.now();
      if (rest > 0) await sleep(rest, undefined, { signal });
      await pacer.turn(signal);
      try {
        return { word: 'ok', value: read(await send(within(pace.timeoutMs, signal))) } as const;
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
        if (badAnswerOf(error)?.mayPass === false) break;
        const status = error instanceof APIError ? error.status : undefined;
        if (status === 404 || status === 422) return { word: 'unknown' } as const;
        if (status !== undefined && status < 500 && status !== 408 && status !== 429)
          return { word: 'refused', cause: causeOf(error) } as const;
        const wait = waitOf(error, pace.backOffMs * 2 ** (attempt - 1) * (1 + Math.random() / 2));
        if (status === 429) restUntil = performance.now() + Math.min(wait, pace.maxWaitMs);
        else if (attempt < pace.attempts) await sleep(Math.min(wait, pace.maxWaitMs), undefined, { signal });
      }
    }
    return { word: badAnswerOf(failure) ? 'broken' : 'later', cause: causeOf(failure) } as const;
  }

  return {
    get: (callId) =>
      ask(
        (options) => client.call.retrieve(callId, options),
        (answer) => {
          // A partial response, or another call's, must not become a fact.
          if (!isJsonObject(answer) || answer.call_id !== callId || typeof answer.call_status !== 'string')
            throw new BadAnswer('answer_unknown_shape');
          return answer;
        },
      ),
    list: ({ criteria, order, key, limit }) =>
      ask(
        (options) =>
          client.call.list(
            {
              filter_criteria: criteria,
              sort_order: order,
              limit,
              ...(key === undefined ? {} : { pagination_key: key }),
            },
            options,
          ),
        (answer) => pageOf(answer, limit),
      ),
  };
}

function waitOf(error: unknown, usual: number): number {
  const asked = error instanceof APIError ? retryAfterMs(error.headers) : undefined;
  return Math.max(asked ?? usual, usual);
}

/** Retell refused or did not answer; the next run asks again. */
export class RetellAway extends Error {
  override readonly name = 'RetellAway';
}

/** Ends a run that takes too long; the next one continues. */
export function leaveInTime({ deadline }: { readonly deadline: number }): void {
  if (performance.now() > deadline) throw new RetellAway('out_of_time');
}
