import { APIConnectionError, APIError } from 'retell-sdk';
import { definedFields, isJsonObject } from '../../events/json.ts';
import { chosenId } from '../../model/ids.ts';
import { BadAnswer, causeOf, pageOf, retellClient, retryAfterMs, within } from '../../retell/client.ts';
import type { OpenTenantDirectory } from '../../tenants/directory.ts';
import { DEFAULT_TENANT } from '../../tenants/tenant.ts';
import type { CallOrder } from './call-order.ts';
import { type Refusal, type RefusalDetails, refusalOf } from './refusals.ts';

/** What became of a create. `unknown`: Retell may have dialled, or may yet. */
type Dialled =
  | { readonly outcome: 'placed'; readonly retellCallId: string }
  | { readonly outcome: 'refused'; readonly reason: Refusal; readonly details?: RefusalDetails }
  | { readonly outcome: 'unknown'; readonly cause: string };

export type SessionOf = { readonly tenantId: string; readonly sessionId: string };
type Limit = { readonly timeoutMs: number; readonly signal: AbortSignal };

/** Retell's API as placing a call needs it, under one key. */
export type RetellApi = {
  /** Sends the request once. Never throws. */
  dial(session: SessionOf, order: CallOrder, limit: Limit): Promise<Dialled>;
  /** The ids of the calls that were placed for a session; a word when Retell cannot be asked. */
  callsOf(session: SessionOf, limit: Limit): Promise<readonly string[] | { readonly unavailable: string }>;
};

const LIST = 100;

export function retellApi(apiKey: string, baseUrl?: string): RetellApi {
  const client = retellClient(apiKey, baseUrl);

  return {
    async dial({ tenantId, sessionId }, order, limit) {
      const { fromNumber, toNumber, agentId, appointmentId, contactId, variables } = order;
      try {
        const call = await client.call.createPhoneCall(
          {
            from_number: fromNumber,
            to_number: toNumber,
            ...definedFields({
              override_agent_id: agentId,
              retell_llm_dynamic_variables: variables && { ...variables },
            }),
            metadata: definedFields({
              tenant_id: tenantId,
              call_session_id: sessionId,
              appointment_id: appointmentId,
              contact_id: contactId,
            }),
          },
          within(limit.timeoutMs, limit.signal),
        );
        const retellCallId = chosenId((call as { call_id?: unknown } | undefined)?.call_id);
        return retellCallId === undefined
          ? { outcome: 'unknown', cause: 'answer_without_call_id' }
          : { outcome: 'placed', retellCallId };
      } catch (error) {
        return failed(error);
      }
    },

    async callsOf({ tenantId, sessionId }, limit) {
      try {
        const equal = (key: string, value: string) => ({ type: 'string', op: 'eq', key, value }) as const;
        const answer: unknown = await client.call.list(
          {
            filter_criteria: { metadata: [equal('call_session_id', sessionId), equal('tenant_id', tenantId)] },
            limit: LIST,
          },
          within(limit.timeoutMs, limit.signal),
        );
        return ofSession(answer, { tenantId, sessionId });
      } catch (error) {
        return { unavailable: causeOf(error) };
      }
    },
  };
}

/**
 * The session's calls in a list. A list may have ignored the filter; an incomplete one, or one with a call of unknown
 * session, does not prove that there is no call.
 */
function ofSession(answer: unknown, session: SessionOf): readonly string[] {
  const { items, nextKey } = pageOf(answer, LIST);
  const calls = items.map((item) => (isJsonObject(item) && isJsonObject(item.metadata) ? item : undefined));
  const own = calls.filter((call) => call !== undefined && isOf(call.metadata, session));
  const ids = own.map((call) => chosenId(call?.call_id)).filter((id) => id !== undefined);
  if (ids.length > 0) return [...new Set(ids)];
  if (own.length > 0 || calls.includes(undefined)) throw new BadAnswer('call_unreadable');
  if (nextKey !== undefined) throw new BadAnswer('list_not_whole');
  return [];
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
    details: {
      retryAfterS: retryAfterS(headers),
      retellMessage: messageOf((body as { message?: unknown } | undefined)?.message),
    },
  };
}

/** Errors that come before a byte of the request has left. */
const BEFORE_SENDING = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

function neverSent(error: unknown): boolean {
  if (!(error instanceof APIConnectionError)) return false;
  const fetchFailed = error.cause as { cause?: { code?: string } } | undefined;
  return BEFORE_SENDING.has(fetchFailed?.cause?.code ?? '');
}

function retryAfterS(headers: Headers | undefined): number | undefined {
  const ms = retryAfterMs(headers);
  return ms === undefined ? undefined : Math.min(Math.max(Math.ceil(ms / 1000), 1), 3600);
}

/** Retell's own words as one line, for the caller only. */
const messageOf = (message: unknown): string | undefined =>
  typeof message === 'string' ? message.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').slice(0, 300) : undefined;

/** RETELL_API_KEY, which is tenant `default`'s where its settings hold none, and RETELL_BASE_URL. */
type RetellEnvironment = { readonly apiKey?: string | undefined; readonly baseUrl?: string | undefined };

type Keys = Pick<OpenTenantDirectory, 'retellApiKey'>;

/** A tenant's own key of Retell's API; undefined: it has none. */
export const retellApiKeyOf =
  (directory: Keys, { apiKey }: RetellEnvironment) =>
  (tenantId: string): string | undefined =>
    directory.retellApiKey(tenantId) ?? (tenantId === DEFAULT_TENANT ? apiKey : undefined);

/** Retell's API under a tenant's own key; undefined: it has none. */
export const retellOf = (directory: Keys, environment: RetellEnvironment) => {
  const keyOf = retellApiKeyOf(directory, environment);
  return (tenantId: string): RetellApi | undefined => {
    const key = keyOf(tenantId);
    return key === undefined ? undefined : retellApi(key, environment.baseUrl);
  };
};
