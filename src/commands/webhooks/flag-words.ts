import type { Json, JsonObject } from '../../events/json.ts';

/** Trimmed, any case; everything else is *missing* (RULES, "Outcome of a call"). */
const TRUE = new Set(['true', 'yes', 'y', 'on', '1']);
const FALSE = new Set(['false', 'no', 'n', 'off', '0']);

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

const normal = (text: string): string => text.trim().toLowerCase();

/** A boolean however the model wrote it down (REFERENCE §6.16); undefined: it says nothing. */
export function truth(value: unknown): boolean | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const word = normal(String(value));
  return TRUE.has(word) ? true : FALSE.has(word) ? false : undefined;
}

/** A value that can decide an outcome or a ticket, and cannot be prose about a person. */
const isFlag = (name: string, value: Json): boolean =>
  name.length <= MAX_NAME &&
  !(typeof value === 'string' && value.length > MAX_WORD) &&
  (truth(value) !== undefined || (typeof value === 'string' && OUTCOMES.has(normal(value))));

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

/** How names of fields compare: trimmed and without case. */
export const normalName = normal;

/** `null` and empty text say as little as no field at all. */
export const isMissing = (value: Json | undefined): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
