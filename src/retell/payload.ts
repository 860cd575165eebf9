import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../events/json.ts';
import type { DeliveryQuarantined } from '../events/raw-delivery.ts';
import { normalId } from '../model/ids.ts';
import { isScalar, truthOf, wordOf } from '../model/words.ts';
import { parseVendorJson } from './json.ts';

/** What a selector field may say of a call. */
const OUTCOMES = new Set([
  'confirmed',
  'rescheduled',
  'cancelled',
  'canceled',
  'voicemail',
  'no_answer',
  'busy',
  'failed',
]);

const MAX_WORD = 40;
const MAX_NAME = 200;
const MAX_FLAGS = 500;

/** A value that can decide an outcome or a ticket, and cannot be prose about a person. */
const isFlag = (name: string, value: Json): boolean =>
  name.length <= MAX_NAME &&
  isScalar(value) &&
  !(typeof value === 'string' && value.length > MAX_WORD) &&
  (truthOf(value) !== undefined || OUTCOMES.has(wordOf(value)));

/**
 * Parts the customer's own fields into flags and the rest, under the names and with the values they came with.
 * Flags are open in the log; the rest is personal data.
 */
export function splitFlags(fields: Iterable<readonly [string, Json]>): { flags: JsonObject; rest: JsonObject } {
  const flags: [string, Json][] = [];
  const rest: [string, Json][] = [];
  for (const [name, value] of fields)
    (flags.length < MAX_FLAGS && isFlag(name, value) ? flags : rest).push([name, value]);
  // fromEntries defines properties: a field called `__proto__` is data like any other.
  return { flags: Object.fromEntries(flags), rest: Object.fromEntries(rest) };
}

const object = z.custom<JsonObject>(isJsonObject).optional().catch(undefined);

/**
 * All that is required of a delivery: a name, and for a call its id (docs/retell-api.md, "Fields that say the same"). Until 2024 the
 * call stood in `data`.
 */
const Envelope = z.object({ event: z.string().min(1).max(200), call: object, data: object });

type Payload = {
  readonly event: string;
  /** All of it, with the vendor's names. */
  readonly envelope: JsonObject;
};
export type CallPayload = Payload & { readonly callId: string; readonly call: JsonObject };
type Unreadable = { readonly unreadable: DeliveryQuarantined['reason']; readonly event?: string };

/**
 * Events that are about no call: an incoming call's question for instructions, and chats (docs/rules.md, "The door").
 */
const isAboutNoCall = (event: string): boolean => event === 'call_inbound' || event.startsWith('chat_');

/** The delivery as the vendor meant it, or why it cannot be one. Never throws, whatever the bytes. */
export function readPayload(bytes: Uint8Array): Payload | CallPayload | Unreadable {
  // Broken UTF-8 in a transcript must not lose the outcome beside it; the BOM goes.
  const text = new TextDecoder().decode(bytes);
  const parsed = parseVendorJson(text);
  if (typeof parsed === 'string') return { unreadable: parsed };
  const envelope = parsed.value;
  const read = Envelope.safeParse(envelope);
  if (!read.success || !isJsonObject(envelope)) return { unreadable: 'schema_invalid' };
  const { event, data, call = data } = read.data;
  if (isDamaged(event, bytes)) return { unreadable: 'schema_invalid' };
  if (isAboutNoCall(event)) return { event, envelope };
  if (call === undefined || typeof call.call_id !== 'string') return { unreadable: 'schema_invalid', event };
  const callId = normalId(call.call_id);
  if (callId === undefined || isDamaged(callId, bytes)) return { unreadable: 'call_id_invalid', event };
  if (fieldsOf(call) > MAX_FIELDS) return { unreadable: 'too_many_fields', event };
  return { event, envelope, callId, call };
}

/** Of those that a customer names; each is compared, sorted and stored. */
const MAX_FIELDS = 20_000;

function fieldsOf(call: JsonObject): number {
  const analysis = call.call_analysis;
  const custom = isJsonObject(analysis) ? analysis.custom_analysis_data : undefined;
  const maps = [analysis, custom, call.retell_llm_dynamic_variables, call.collected_dynamic_variables];
  return maps.filter(isJsonObject).reduce((count, map) => count + Object.keys(map).length, 0);
}

/** Decoding replaced something in it: different names would have become one. */
const isDamaged = (name: string, bytes: Uint8Array): boolean => name.includes('\ufffd') && !isUtf8(bytes);
