import type { Logger } from 'pino';
import type { CallFactType } from '../../events/call-facts.ts';
import type { Endpoint } from '../../events/metadata.ts';
import { ignoresDecision } from '../../model/supported.ts';
import type { CallFact, Delivery } from '../../retell/call-fact.ts';
import type { Accepted } from './accept.ts';

// A11. Ids, words and codes only: no personal data, no secret, no text of the payload, no address.

/** What a line is about; `t` is how long the request took, in milliseconds. */
export type About = {
  readonly handler: Endpoint | 'unknown';
  readonly tenant_id?: string | undefined;
  readonly t: number;
};

/** One line per authentic delivery that was answered 2xx, and one per thing about it that somebody may want to mend. */
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
    if (accepted.outcome === 'not_kept') logger.error(line, 'webhook not kept');
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

/** Where an error came from, without its message: a message may quote what it was about. */
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
