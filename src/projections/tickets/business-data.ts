import type { Personal } from '../../events/call-facts.ts';
import type { Json, JsonObject } from '../../events/json.ts';
import { saysNothing, truthOf } from '../../model/words.ts';

/** Of Retell's own making: they tell of the agent, not of the call. */
const vendorsOwn: ReadonlySet<string> = new Set(['current_agent_state', 'previous_agent_state']);

/**
 * What a business wants to read of a call (B9): the variables given to it, those collected, and the custom analysis
 * fields, the later of them over the earlier. Not flags, which decide, nor what says nothing. The door has already
 * taken the flags from all but the given variables.
 */
export function businessDataOf(personal: Personal | undefined): JsonObject {
  const fields = [personal?.variables, personal?.collected, personal?.custom].flatMap((group) =>
    Object.entries(group ?? {}).filter(([name, value]) => !vendorsOwn.has(name) && saysSomething(value)),
  );
  return Object.fromEntries(fields);
}

const saysSomething = (value: Json): boolean => !saysNothing(value) && truthOf(value) === undefined;
