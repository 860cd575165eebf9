import type { CallEvent, CallFactType } from '../events/call-facts.ts';
import type { Fact } from '../events/codec.ts';
import type { JsonObject } from '../events/json.ts';
import { isScalar, normalName, type Scalar, saysNothing, truthOf } from './words.ts';

/** A fact that carries what is known of its call. */
export type CallFact = Fact<Extract<CallEvent, { readonly type: CallFactType }>>;

/** The same at the door, where it has no place in the log yet. */
export type CallClaim = Pick<CallFact, 'type' | 'data' | 'metadata'>;

/** What a rule makes of a fact, made once: a dozen rules ask the same of each while it is folded. */
export function oncePerFact<F extends object, T>(rule: (fact: F) => T): (fact: F) => T {
  const made = new WeakMap<F, { readonly result: T }>();
  return (fact) => {
    const known = made.get(fact);
    if (known) return known.result;
    const result = rule(fact);
    made.set(fact, { result });
    return result;
  };
}

/** An event whose kind we do not know describes its call; what it claims is never acted on. */
export const isActedOn = ({ type }: Pick<CallFact, 'type'>): boolean => type !== 'CallEventUnrecognized';

/** What stands under one of our field names and says something; several where it was given several times. */
export type FieldReader = (ourName: string) => readonly Scalar[];

/** The custom analysis fields of a fact, found by our names (docs/outcomes.md). */
export const analysisFields = oncePerFact(
  (fact: CallClaim): FieldReader => reader([fact.data.flags, fact.data.personal?.custom], fact.metadata.fieldNames),
);

/** The variables collected during the call, likewise. */
export const collectedFields = (fact: CallClaim): FieldReader =>
  reader([fact.data.collectedFlags, fact.data.personal?.collected], fact.metadata.fieldNames);

/** The variables given to the call, likewise. */
export const givenVariables = (fact: CallClaim): FieldReader =>
  reader([fact.data.personal?.variables], fact.metadata.fieldNames);

/** A flag that may have been given several times: any true wins. Undefined: missing, whatever prose stands there. */
export function readFlag(values: readonly Scalar[]): boolean | undefined {
  if (values.length === 0) return undefined;
  const truths = values.map(truthOf);
  return truths.includes(true) ? true : truths.find((truth) => truth !== undefined);
}

type FieldNames = CallClaim['metadata']['fieldNames'];

/** A tenant's own names count beside ours. */
function reader(groups: readonly (JsonObject | undefined)[], fieldNames: FieldNames): FieldReader {
  const values = new Map<string, Scalar[]>();
  for (const group of groups) {
    for (const name in group) {
      const value = group[name];
      if (!isScalar(value) || saysNothing(value)) continue;
      const known = values.get(normalName(name));
      if (known) known.push(value);
      else values.set(normalName(name), [value]);
    }
  }
  if (values.size === 0) return silent;
  return (ourName) =>
    fieldNames !== undefined && Object.hasOwn(fieldNames, ourName)
      ? [...namesOf(ourName, fieldNames)].flatMap((name) => values.get(name) ?? [])
      : (values.get(normalName(ourName)) ?? NOTHING);
}

const NOTHING: readonly Scalar[] = [];
const silent: FieldReader = () => NOTHING;

/** The names under which a field of ours may stand, as names are compared. */
export function namesOf(ourName: string, fieldNames: FieldNames): ReadonlySet<string> {
  const theirs = fieldNames !== undefined && Object.hasOwn(fieldNames, ourName) ? fieldNames[ourName]! : [];
  return new Set([ourName, ...theirs].map(normalName));
}
