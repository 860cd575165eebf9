import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../events/json.ts';
import type { DeliveryQuarantined } from '../events/raw-delivery.ts';
import { normalId } from '../model/ids.ts';
import { isScalar, truthOf, wordOf } from '../model/words.ts';

/** Outcome words in a selector field. */
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
 * Splits the customer's own fields into flags, which are open in the log, and the rest, which is personal data; names
 * and values stay.
 */
export function splitFlags(fields: Iterable<readonly [string, Json]>): { flags: JsonObject; rest: JsonObject } {
  const flags: [string, Json][] = [];
  const rest: [string, Json][] = [];
  for (const [name, value] of fields)
    (flags.length < MAX_FLAGS && isFlag(name, value) ? flags : rest).push([name, value]);
  // fromEntries defines properties, so a field called `__proto__` is data like any other.
  return { flags: Object.fromEntries(flags), rest: Object.fromEntries(rest) };
}

const object = z.custom<JsonObject>(isJsonObject).optional().catch(undefined);

/**
 * A delivery needs a name, and for a call its id (docs/retell-api.md, "Fields that say the same"). Until 2024 the call
 * was in `data`.
 */
const Envelope = z.object({ event: z.string().min(1).max(200), call: object, data: object });

type Payload = {
  readonly event: string;
  /** All of it, under the vendor's names. */
  readonly envelope: JsonObject;
};
export type CallPayload = Payload & { readonly callId: string; readonly call: JsonObject };
type Unreadable = { readonly unreadable: DeliveryQuarantined['reason']; readonly event?: string };

/** Events about no call: the question before an inbound call, and chats (docs/rules.md, "The door"). */
const isAboutNoCall = (event: string): boolean => event === 'call_inbound' || event.startsWith('chat_');

/** Reads a delivery, or says why it is unreadable. Never throws, whatever the bytes. */
export function readPayload(bytes: Uint8Array): Payload | CallPayload | Unreadable {
  // Broken UTF-8 in a transcript must not lose the outcome beside it. The BOM is dropped.
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

/** Fields that a customer names; each is compared, sorted and stored. */
const MAX_FIELDS = 20_000;

function fieldsOf(call: JsonObject): number {
  const analysis = call.call_analysis;
  const custom = isJsonObject(analysis) ? analysis.custom_analysis_data : undefined;
  const maps = [analysis, custom, call.retell_llm_dynamic_variables, call.collected_dynamic_variables];
  return maps.filter(isJsonObject).reduce((count, map) => count + Object.keys(map).length, 0);
}

/** Decoding replaced a byte in it, so two different names could become one. */
const isDamaged = (name: string, bytes: Uint8Array): boolean => name.includes('\ufffd') && !isUtf8(bytes);

/** Deeper JSON is no webhook, and would exhaust the stack later. */
const MAX_DEPTH = 100;
/** Of all objects together. A call has six for each spoken word, so this allows four hours without a pause. */
const MAX_MEMBERS = 250_000;

/**
 * Parses the vendor's JSON. A number that JavaScript would round (beyond 2^53, `1e400`) is kept as text, except where
 * ids are: a number is no id.
 */
export function parseVendorJson(
  text: string,
  maxMembers = MAX_MEMBERS,
): { readonly value: unknown } | TooMuch | 'not_json' {
  const { tooMuch, mayRound } = scan(text, maxMembers);
  if (tooMuch) return tooMuch;
  try {
    return { value: mayRound ? parseExactly(text) : JSON.parse(text) };
  } catch {
    return 'not_json';
  }
}

type TooMuch = 'too_deep' | 'too_many_fields';

/**
 * A cheap scan before parsing: would it block the thread or exhaust the stack, and may a number in it be too large?
 * Strings are skipped at once.
 */
function scan(text: string, maxMembers: number): { readonly tooMuch?: TooMuch; readonly mayRound: boolean } {
  let depth = 0;
  let members = 0;
  let mayRound = false;
  let digits = 0;
  let isFraction = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= ZERO && c <= NINE) {
      if (++digits >= 16 && !isFraction) mayRound = true;
      continue;
    }
    if (c === DOT) {
      isFraction = true;
      continue;
    }
    if ((c === E || c === CAPITAL_E) && digits > 0 && text.charCodeAt(i + 1) !== MINUS) mayRound = true;
    digits = 0;
    isFraction = false;
    if (c === QUOTE) {
      do {
        i = text.indexOf('"', i + 1);
        if (i < 0) return { mayRound };
      } while (isEscaped(text, i));
    } else if (c === COLON) {
      if (++members > maxMembers) return { tooMuch: 'too_many_fields', mayRound };
    } else if (c === BRACE || c === BRACKET) {
      if (++depth > MAX_DEPTH) return { tooMuch: 'too_deep', mayRound };
    } else if (c === CLOSING_BRACE || c === CLOSING_BRACKET) depth--;
  }
  return { mayRound };
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}

const [QUOTE, BACKSLASH, BRACE, CLOSING_BRACE, BRACKET, CLOSING_BRACKET] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];
const [ZERO, NINE, DOT, MINUS, COLON, E, CAPITAL_E] = [0x30, 0x39, 0x2e, 0x2d, 0x3a, 0x65, 0x45];

type Holder = Record<string, unknown>;

function parseExactly(text: string): unknown {
  const kept = new Map<unknown, string[]>();
  function revive(this: Holder, key: string, value: unknown, context?: { readonly source?: string }): unknown {
    if (key === 'metadata' && 'call_id' in this)
      for (const id of kept.get(value) ?? []) (value as Holder)[id] = Number((value as Holder)[id]);
    const source = context?.source;
    if (typeof value !== 'number' || source === undefined || key === 'call_id' || isHeld(value, source)) return value;
    kept.set(this, [...(kept.get(this) ?? []), key]);
    return source;
  }
  return JSON.parse(text, revive);
}

/** Whether the number is exact. Digits of a fraction beyond its precision carry no meaning. */
const isHeld = (value: number, source: string): boolean =>
  Number.isSafeInteger(value) ||
  (Number.isFinite(value) && (!Number.isInteger(value) || plainDigits(source) === plainDigits(String(value))));

/** One spelling per decimal number: `1200`, `1.2e3` and `12e+2` are `12e2`. */
function plainDigits(text: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const short = digits.replace(/0+$/, '');
  return `${short}e${Number(exponent) - fraction.length + digits.length - short.length}`;
}
