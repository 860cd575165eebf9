import Retell, { APIConnectionError, APIError } from 'retell-sdk';
import { isUsableId } from '../../events/ids.ts';
import { isJsonObject } from '../../events/json.ts';
import type { CallOrder } from './call-order.ts';
import { type Refusal, type RefusalDetails, refusalOf } from './refusals.ts';

/** What became of a create. `unknown`: Retell may have dialled, or may yet. */
export type Dialled =
  | { readonly outcome: 'placed'; readonly retellCallId: string }
  | { readonly outcome: 'refused'; readonly reason: Refusal; readonly details?: RefusalDetails }
  | { readonly outcome: 'unknown'; readonly cause: string };

export type SessionOf = { readonly tenantId: string; readonly sessionId: string };
export type Limit = { readonly timeoutMs: number; readonly signal: AbortSignal };

/** Retell's API as placing a call needs it, under one key. */
export type RetellApi = {
  /** Sends the request once. Never throws. */
  dial(session: SessionOf, order: CallOrder, limit: Limit): Promise<Dialled>;
  /** The ids of the calls that were placed for a session; a word when Retell cannot be asked. */
  callsOf(session: SessionOf, limit: Limit): Promise<readonly string[] | { readonly unavailable: string }>;
};

const LIST = 100;

/**
 * The SDK without its retries, which could dial twice (REFERENCE §4), without following redirects and without its
 * console output, which at `RETELL_LOG=debug` holds numbers and names. Its own time limit ends with the headers of
 * an answer; ours does not.
 */
export function retellApi(apiKey: string, baseUrl = 'https://api.retellai.com'): RetellApi {
  const client = new Retell({
    apiKey,
    baseURL: baseUrl,
    maxRetries: 0,
    logLevel: 'off',
    fetchOptions: { redirect: 'error' },
  });
  const within = ({ timeoutMs, signal }: Limit) => ({
    timeout: timeoutMs,
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });

  return {
    async dial({ tenantId, sessionId }, order, limit) {
      const { fromNumber, toNumber, agentId, appointmentId, contactId, variables } = order;
      try {
        const call = await client.call.createPhoneCall(
          {
            from_number: fromNumber,
            to_number: toNumber,
            ...(agentId === undefined ? {} : { override_agent_id: agentId }),
            ...(variables === undefined ? {} : { retell_llm_dynamic_variables: { ...variables } }),
            metadata: {
              tenant_id: tenantId,
              call_session_id: sessionId,
              ...(appointmentId === undefined ? {} : { appointment_id: appointmentId }),
              ...(contactId === undefined ? {} : { contact_id: contactId }),
            },
          },
          within(limit),
        );
        const retellCallId = (call as { call_id?: unknown } | undefined)?.call_id;
        return isUsableId(retellCallId)
          ? { outcome: 'placed', retellCallId }
          : { outcome: 'unknown', cause: 'answer_without_call_id' };
      } catch (error) {
        return failed(error);
      }
    },

    async callsOf({ tenantId, sessionId }, limit) {
      try {
        const equal = (key: string, value: string) => ({ type: 'string', op: 'eq', key, value }) as const;
        const { items } = await client.call.list(
          {
            filter_criteria: { metadata: [equal('call_session_id', sessionId), equal('tenant_id', tenantId)] },
            limit: LIST,
          },
          within(limit),
        );
        // A list that ignored a filter must not give one session another one's call.
        return items
          .filter(({ metadata }) => isOf(metadata, { tenantId, sessionId }))
          .map(({ call_id }) => call_id)
          .filter(isUsableId);
      } catch (error) {
        return { unavailable: causeOf(error) };
      }
    },
  };
}

const isOf = (metadata: unknown, { tenantId, sessionId }: SessionOf): boolean =>
  isJsonObject(metadata) && metadata.call_session_id === sessionId && metadata.tenant_id === tenantId;

function failed(error: unknown): Dialled {
  if (neverSent(error)) return { outcome: 'refused', reason: 'retell_unreachable' };
  const status = error instanceof APIError ? error.status : undefined;
  const reason = status === undefined ? undefined : refusalOf(status, (error as Error).message);
  if (reason === undefined) return { outcome: 'unknown', cause: causeOf(error) };
  const { headers, error: body } = error as APIError;
  return {
    outcome: 'refused',
    reason,
    details: { retryAfterS: retryAfter(headers), said: said((body as { message?: unknown } | undefined)?.message) },
  };
}

/** Errors that come before a byte of the request has left. */
const BEFORE_SENDING = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

function neverSent(error: unknown): boolean {
  if (!(error instanceof APIConnectionError)) return false;
  const fetchFailed = error.cause as { cause?: { code?: string } } | undefined;
  return BEFORE_SENDING.has(fetchFailed?.cause?.code ?? '');
}

/** A word for the log; an error's text may quote what was sent. */
const causeOf = (error: unknown): string =>
  error instanceof APIError && error.status !== undefined ? `status_${error.status}` : (error as Error).name;

function retryAfter(headers: Headers | undefined): number | undefined {
  const text = headers?.get('retry-after') ?? '';
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 1), 3600) : undefined;
}

/** Retell's own words, for the one who asked and nobody else. */
const said = (message: unknown): string | undefined =>
  typeof message === 'string' ? message.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').slice(0, 300) : undefined;
