import type { Json, JsonObject } from '../events/json.ts';
import type { CallFact } from './call-fact.ts';

/** The values that stand under one of our field names; several where it was given several times. */
export type FieldReader = (ourName: string) => readonly Json[];

/** The custom analysis fields of a fact, found by our names (RULES.md, "Outcome of a call"). */
export const analysisFields = (fact: CallFact): FieldReader =>
  reader([fact.data.flags, fact.data.personal?.custom], fact.metadata.fieldNames);

/** The variables collected during the call, likewise. */
export const collectedFields = (fact: CallFact): FieldReader =>
  reader([fact.data.collectedFlags, fact.data.personal?.collected], fact.metadata.fieldNames);

/** The variables given to the call, likewise. */
export const givenVariables = (fact: CallFact): FieldReader =>
  reader([fact.data.personal?.variables], fact.metadata.fieldNames);

type FieldNames = CallFact['metadata']['fieldNames'];

/** Names compare trimmed and without case; a tenant's own names count beside ours. */
function reader(groups: readonly (JsonObject | undefined)[], fieldNames: FieldNames): FieldReader {
  const values = new Map<string, Json[]>();
  for (const group of groups) {
    for (const name in group) {
      const known = values.get(normal(name));
      if (known) known.push(group[name]!);
      else values.set(normal(name), [group[name]!]);
    }
  }
  if (values.size === 0) return nothing;
  return (ourName) => {
    const theirs = fieldNames !== undefined && Object.hasOwn(fieldNames, ourName) ? fieldNames[ourName]! : [];
    if (theirs.length === 0) return values.get(normal(ourName)) ?? NOTHING;
    return [...new Set([ourName, ...theirs].map(normal))].flatMap((name) => values.get(name) ?? []);
  };
}

const NOTHING: readonly Json[] = [];
const nothing: FieldReader = () => NOTHING;
const normal = (name: string): string => name.trim().toLowerCase();
