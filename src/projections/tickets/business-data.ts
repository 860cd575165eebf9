import type { Json, JsonObject } from '../../events/json.ts';
import { namesOf } from '../../model/analysis-fields.ts';
import type { CallFact } from '../../model/call-fact.ts';
import { occurredAt } from '../../model/latest.ts';
import { isSelection, outcomeFields } from '../../model/supported.ts';
import { qualifiedFlags } from '../../model/ticket-call.ts';
import { isScalar, normalName, saysNothing, truthOf } from '../../model/words.ts';
import { actionField } from './need.ts';

/** Our names of the fields that decide an outcome or a ticket. */
export const decidingFields: readonly string[] = [actionField, ...qualifiedFlags, ...outcomeFields];

/** Variables of Retell's own making: they tell of the agent and of the conversation's machinery, not of the call. */
const vendorsOwn: ReadonlySet<string> = new Set([
  'current_agent_state',
  'previous_agent_state',
  'current_node',
  'previous_node',
  'last_node_name',
  'current_time',
  'current_hour',
  'current_calendar',
  'session_type',
  'session_duration',
]);

/** The door has parted what looks like a flag from the rest; here the two are one again. */
const groups: readonly ((fact: CallFact) => readonly (JsonObject | undefined)[])[] = [
  ({ data }) => [data.personal?.variables],
  ({ data }) => [data.personal?.collected, data.collectedFlags],
  ({ data }) => [data.personal?.custom, data.flags],
];

/**
 * What a business wants to read of a call (B9): the variables given to it, those collected, and the custom analysis
 * fields, the later of them over the earlier, and within each the later fact over the earlier. Not what decides, nor
 * what says nothing, which never replaces what is known. Each field once, however its name is spelt.
 */
export function businessDataOf(facts: readonly CallFact[]): JsonObject {
  const known = new Map<string, readonly [name: string, value: Json]>();
  const inOrder = facts.toSorted((a, b) => occurredAt(a) - occurredAt(b) || (a.id < b.id ? -1 : 1));
  for (const groupOf of groups)
    for (const fact of inOrder) {
      const deciding = decidingNames(fact);
      for (const [name, value] of groupOf(fact).flatMap((fields) => Object.entries(fields ?? {}))) {
        const normal = normalName(name);
        const decided = deciding.has(normal) && decides(value);
        if (!decided && !vendorsOwn.has(normal) && !saysNothing(value)) known.set(normal, [name, value]);
      }
    }
  return Object.fromEntries(known.values());
}

/** As names are compared, the tenant's own among them. */
const decidingNames = ({ metadata }: CallFact): ReadonlySet<string> =>
  new Set(decidingFields.flatMap((name) => [...namesOf(name, metadata.fieldNames)]));

/** Under such a name prose decides nothing: then it is there to be read. */
const decides = (value: Json): boolean => isScalar(value) && (truthOf(value) !== undefined || isSelection(value));
