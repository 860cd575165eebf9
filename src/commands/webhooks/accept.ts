import { bytesOf, UnrecordableEvent } from '../../events/codec.ts';
import { StreamDeleted } from '../../events/event-log.ts';
import type { JsonObject } from '../../events/json.ts';
import type { DeliveryQuarantined } from '../../events/raw-delivery.ts';
import { disconnections } from '../../model/outcome.ts';
import { isBlank } from '../../model/words.ts';
import { type CallFact, callFact, type Delivery, FactTooLarge } from '../../retell/call-fact.ts';
import { type CallPayload, readPayload } from '../../retell/payload.ts';
import { kinds, occurredAt, translatePayload } from '../../retell/translate.ts';
import { ownerOf, type TenantDirectory } from '../../tenants/tenant.ts';
import type { Quarantined, Recorded, Recorder } from './record.ts';

/** The known words of the vendor in the fields that we decide by (docs/retell-api.md). */
export const knownWords = {
  event: new Set([...kinds.keys(), 'transcript_updated']),
  call_status: new Set(['registered', 'ongoing', 'ended', 'not_connected', 'error']),
  call_type: new Set(['phone_call', 'web_call', 'inbound_phone_call', 'outbound_phone_call']),
  direction: new Set(['inbound', 'outbound']),
  disconnection_reason: new Set(disconnections.keys()),
  data_storage_setting: new Set(['everything', 'everything_except_pii', 'basic_attributes_only']),
} satisfies Readonly<Record<string, ReadonlySet<string>>>;

/** A new word of the vendor; undefined when it does not look like one and may be about a person. */
export type NewWord = { readonly field: keyof typeof knownWords; readonly word: string | undefined };

const WORD = /^[a-z0-9_]{1,64}$/;

/** The unknown words of a delivery: it is recorded as it is, and somebody should look at them. */
export function newWordsIn({ event, call }: CallPayload): readonly NewWord[] {
  const words: JsonObject = { ...call, event };
  return (Object.keys(knownWords) as (keyof typeof knownWords)[]).flatMap((field) => {
    const value = words[field];
    if (typeof value !== 'string' || isBlank(value) || knownWords[field].has(value)) return [];
    return [{ field, word: WORD.test(value) ? value : undefined }];
  });
}

/** The result of an authentic delivery. `failure` is for the log only and holds no content. */
export type Accepted = { readonly event?: string | undefined } & (
  | { readonly outcome: Recorded; readonly fact: CallFact; readonly newWords: readonly NewWord[] }
  | { readonly outcome: Quarantined; readonly reason: DeliveryQuarantined['reason']; readonly failure?: unknown }
  | { readonly outcome: 'not_kept'; readonly reason?: 'quarantine_deleted' | 'erased' }
);

type Accepting = {
  readonly recorder: Recorder;
  readonly tenants: TenantDirectory;
  readonly keepTranscriptUpdates: boolean;
  /** Before each step, so that other requests run in between. */
  readonly turn?: () => Promise<void>;
};

/**
 * Reads, translates and records a delivery, or quarantines it: its content is never a reason to refuse (docs/rules.md,
 * "Invariants" 7). Throws only when the event store does not answer.
 */
export async function accept(
  delivery: Delivery,
  { recorder, tenants, keepTranscriptUpdates, turn = async () => {} }: Accepting,
): Promise<Accepted> {
  await turn();
  const payload = readPayload(delivery.body);
  const { event } = payload;
  if (event === 'transcript_updated' && !keepTranscriptUpdates) return { event, outcome: 'not_kept' };

  const setAside = async (
    reason: DeliveryQuarantined['reason'],
    failure?: unknown,
    isErased = async () => false,
  ): Promise<Accepted> => {
    try {
      if (await isErased()) return { event, outcome: 'not_kept', reason: 'erased' };
      return { event, outcome: await recorder.quarantine(reason, delivery), reason, failure };
    } catch (error) {
      // These bytes were deleted for good, so they must not be kept; and a webhook is not refused for that.
      if (error instanceof StreamDeleted) return { event, outcome: 'not_kept', reason: 'quarantine_deleted' };
      throw error;
    }
  };
  if ('unreadable' in payload) return setAside(payload.unreadable);
  if (!('callId' in payload)) return setAside('not_a_call');
  const owned = ownerOf(payload.call, delivery, tenants);
  if (owned === undefined) return setAside('tenant_mismatch');
  const ownDelivery: Delivery = { ...delivery, ...owned };
  const { tenant } = owned;
  const isErased = () => recorder.isErased(tenant.id, payload.callId);

  await turn();
  let fact: CallFact;
  try {
    const isTenant = (name: string) => tenants.get(name) !== undefined;
    const statement = translatePayload(payload, { tenantId: tenant.id, isTenant });
    await turn();
    const origin = { source: 'webhook', delivery: ownDelivery, occurredAt: occurredAt(payload.envelope) } as const;
    fact = callFact(tenant, statement, origin);
    await turn();
    bytesOf(fact); // half of the work of recording it
  } catch (failure) {
    return setAside('untranslatable', failure, isErased);
  }

  await turn();
  try {
    const outcome = await recorder.record(fact, ownDelivery);
    return { event, fact, outcome, newWords: outcome === 'recorded' ? newWordsIn(payload) : [] };
  } catch (failure) {
    if (failure instanceof FactTooLarge || failure instanceof UnrecordableEvent)
      return setAside('untranslatable', failure, isErased);
    if (failure instanceof StreamDeleted) return setAside('stream_deleted');
    throw failure;
  }
}
