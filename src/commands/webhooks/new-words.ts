import type { JsonObject } from '../../events/json.ts';
import { disconnections } from '../../model/disconnections.ts';
import { isNothing } from '../../model/words.ts';
import type { CallPayload } from '../../retell/payload.ts';
import { kinds } from '../../retell/translate.ts';

/** Every word that the vendor is known to have used in the fields that we decide by (docs/retell-api.md). */
export const knownWords = {
  event: new Set([...kinds.keys(), 'transcript_updated']),
  call_status: new Set(['registered', 'ongoing', 'ended', 'not_connected', 'error']),
  call_type: new Set(['phone_call', 'web_call', 'inbound_phone_call', 'outbound_phone_call']),
  direction: new Set(['inbound', 'outbound']),
  disconnection_reason: new Set(disconnections.keys()),
  data_storage_setting: new Set(['everything', 'everything_except_pii', 'basic_attributes_only']),
} satisfies Readonly<Record<string, ReadonlySet<string>>>;

/** A word of the vendor's that is new to us; undefined: it looks like none, and what it is may be about a person. */
export type NewWord = { readonly field: keyof typeof knownWords; readonly word: string | undefined };

const WORD = /^[a-z0-9_]{1,64}$/;

/** What a delivery says that nobody here has heard before: it is recorded as it is, and somebody should look at it. */
export function newWordsIn({ event, call }: CallPayload): readonly NewWord[] {
  const said: JsonObject = { ...call, event };
  return (Object.keys(knownWords) as (keyof typeof knownWords)[]).flatMap((field) => {
    const value = said[field];
    if (typeof value !== 'string' || isNothing(value) || knownWords[field].has(value)) return [];
    return [{ field, word: WORD.test(value) ? value : undefined }];
  });
}
