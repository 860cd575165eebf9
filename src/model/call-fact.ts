import type { CallEvent, CallFactType } from '../events/call-facts.ts';
import type { Fact } from '../events/codec.ts';
import type { JsonObject } from '../events/json.ts';
import type { Endpoint, FactMetadata } from '../events/metadata.ts';
import { isBlankAnswer, isScalar, normalName, type Scalar, truthOf } from './words.ts';

/** A fact that describes its call. */
export type CallFact = Fact<Extract<CallEvent, { readonly type: CallFactType }>>;

/** The same before it is in the log. */
export type CallClaim = Pick<CallFact, 'type' | 'data' | 'metadata'>;

/** Caches the result of a rule per fact: a dozen rules ask the same while it is folded. */
export function oncePerFact<F extends object, T>(rule: (fact: F) => T): (fact: F) => T {
  const made = new WeakMap<F, { readonly result: T }>();
  return (fact) => {
    const cached = made.get(fact);
    if (cached) return cached.result;
    const result = rule(fact);
    made.set(fact, { result });
    return result;
  };
}

/** A type that we do not know describes its call, but its content is never acted on. */
export const isActedOn = ({ type }: Pick<CallFact, 'type'>): boolean => type !== 'CallEventUnrecognized';

export const ticketDirections = ['inbound', 'outbound'] as const;
export type Direction = (typeof ticketDirections)[number];

/** The endpoints that make tickets and customers, and the direction their URL claims (B1). */
const directionOfEndpoint: { readonly [E in Endpoint]?: Direction } = {
  'retell-inbound-ticket': 'inbound',
  'retell-outbound-ticket': 'outbound',
};

export const directionClaimed = ({ endpoint }: FactMetadata): Direction | undefined =>
  endpoint && directionOfEndpoint[endpoint];

export const makesTickets = (metadata: FactMetadata): boolean => directionClaimed(metadata) !== undefined;

/** The fields of an analysis that decide a ticket, under our names. */
export const actionField = 'action_required';
export const qualifiedFlags = ['qualified', 'lead_qualified', 'is_qualified'] as const;

/** The meaningful values of a field by our name; several where it was given several times. */
export type FieldReader = (ourName: string) => readonly Scalar[];

/** The custom analysis fields of a fact, found by our names (docs/outcomes.md). */
export const analysisFields = oncePerFact(
  (fact: CallClaim): FieldReader => reader([fact.data.flags, fact.data.personal?.custom], fact.metadata.fieldNames),
);

/** The variables collected during the call, by our names. */
export const collectedFields = (fact: CallClaim): FieldReader =>
  reader([fact.data.collectedFlags, fact.data.personal?.collected], fact.metadata.fieldNames);

/** The variables given to the call, by our names. */
export const givenVariables = (fact: CallClaim): FieldReader =>
  reader([fact.data.personal?.variables], fact.metadata.fieldNames);

/** A flag that may be given several times: any true wins. Undefined: missing, or only prose. */
export function readFlag(values: readonly Scalar[]): boolean | undefined {
  if (values.length === 0) return undefined;
  const truths = values.map(truthOf);
  return truths.includes(true) ? true : truths.find((truth) => truth !== undefined);
}

type FieldNames = CallClaim['metadata']['fieldNames'];

/** Finds fields by our names and by the tenant's own. */
function reader(groups: readonly (JsonObject | undefined)[], fieldNames: FieldNames): FieldReader {
  const values = new Map<string, Scalar[]>();
  for (const group of groups) {
    for (const name in group) {
      const value = group[name];
      if (!isScalar(value) || isBlankAnswer(value)) continue;
      const found = values.get(normalName(name));
      if (found) found.push(value);
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

/** The names of a field, ours and the tenant's, normalised for comparison. */
export function namesOf(ourName: string, fieldNames: FieldNames): ReadonlySet<string> {
  const theirs = fieldNames !== undefined && Object.hasOwn(fieldNames, ourName) ? fieldNames[ourName]! : [];
  return new Set([ourName, ...theirs].map(normalName));
}
