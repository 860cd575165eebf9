import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../../events/json.ts';
import type { DeliveryQuarantined } from '../../events/raw-delivery.ts';
import { normalId } from '../../model/ids.ts';

/** Deeper JSON is no webhook of anybody's, and would exhaust the stack of what walks it later. */
const MAX_DEPTH = 100;

const object = z.custom<JsonObject>(isJsonObject).optional().catch(undefined);

/**
 * All that is required of a delivery: a name, and for a call its id (docs/retell-api.md, "Fields that say the same"). Until 2024 the
 * call stood in `data`.
 */
const Envelope = z.object({ event: z.string().min(1).max(200), call: object, data: object });

export type Payload = {
  readonly event: string;
  /** All of it, with the vendor's names. */
  readonly envelope: JsonObject;
};
export type CallPayload = Payload & { readonly callId: string; readonly call: JsonObject };
export type Unreadable = { readonly unreadable: DeliveryQuarantined['reason']; readonly event?: string };

/**
 * Events that are about no call: an incoming call's question for instructions, and chats (docs/rules.md, "The door").
 */
const isAboutNoCall = (event: string): boolean => event === 'call_inbound' || event.startsWith('chat_');

/** The delivery as the vendor meant it, or why it cannot be one. Never throws, whatever the bytes. */
export function readPayload(bytes: Uint8Array): Payload | CallPayload | Unreadable {
  // Broken UTF-8 in a transcript must not lose the outcome beside it; the BOM goes.
  const text = new TextDecoder().decode(bytes);
  if (isTooDeep(text)) return { unreadable: 'too_deep' };
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch {
    return { unreadable: 'not_json' };
  }
  const read = Envelope.safeParse(envelope);
  if (!read.success || !isJsonObject(envelope)) return { unreadable: 'schema_invalid' };
  const { event, data, call = data } = read.data;
  if (isDamaged(event, bytes)) return { unreadable: 'schema_invalid' };
  if (isAboutNoCall(event)) return { event, envelope };
  if (call === undefined || typeof call.call_id !== 'string') return { unreadable: 'schema_invalid', event };
  const callId = normalId(call.call_id);
  if (callId === undefined || isDamaged(callId, bytes)) return { unreadable: 'call_id_invalid', event };
  return { event, envelope, callId, call };
}

/** Decoding replaced something in it: different names would have become one. */
const isDamaged = (name: string, bytes: Uint8Array): boolean => name.includes('\ufffd') && !isUtf8(bytes);

/**
 * Told before it is parsed: so many brackets alone would fill the memory. What stands in quotes is passed over at once:
 * most of a long call is one transcript.
 */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      do {
        i = text.indexOf('"', i + 1);
        if (i < 0) return false;
      } while (isEscaped(text, i));
    } else if (c === BRACE || c === BRACKET) {
      if (++depth > MAX_DEPTH) return true;
    } else if (c === CLOSING_BRACE || c === CLOSING_BRACKET) depth--;
  }
  return false;
}

/** An odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}

const [QUOTE, BACKSLASH, BRACE, CLOSING_BRACE, BRACKET, CLOSING_BRACKET] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];
