import type { Json } from '../events/json.ts';

/** What counts as true and as false, trimmed and in any case (RULES.md, "Outcome of a call"). */
const words: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  y: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  n: false,
  off: false,
  '0': false,
};

/** The word that a text or number stands for when case and surrounding space do not count. */
export const wordOf = (value: Json): string => (typeof value === 'string' ? value.trim().toLowerCase() : String(value));

function truthOf(value: Json): boolean | undefined {
  if (typeof value === 'object') return undefined;
  const word = wordOf(value);
  return Object.hasOwn(words, word) ? words[word] : undefined;
}

/** A flag that may have been given several times: any true wins. Undefined: missing, whatever prose stands there. */
export function readFlag(values: readonly Json[]): boolean | undefined {
  let found: boolean | undefined;
  for (const value of values) {
    const truth = truthOf(value);
    if (truth) return true;
    found ??= truth;
  }
  return found;
}
