import type { Json, JsonObject } from '../../events/json.ts';
import { isScalar, truthOf, wordOf } from '../../model/words.ts';

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
