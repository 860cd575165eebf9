import type { CallFacts } from '../events/call-facts.ts';
import type { DomainEvent, Fact } from '../events/codec.ts';
import { definedFields, type Json, type JsonObject } from '../events/json.ts';
import { actionField, type CallClaim, type CallFact, namesOf, qualifiedFlags } from './call-fact.ts';
import { newTimeOf } from './new-time.ts';
import { isSelection, outcomeFields } from './outcome.ts';
import { isScalar, normalName, truthOf, wordOf } from './words.ts';

// What is left of a fact when its person is erased. Only what is named here is kept (docs/erasure.md).

/** The fields that decide an outcome, a ticket or its qualification, under our names. */
export const decidingFields: readonly string[] = [actionField, ...qualifiedFlags, ...outcomeFields];

/** In place of a new time in prose: that there was one decides, what it said does not. */
const PROSE = '(erased)';

/** The deciding fields, under the names that they came with, with what their values mean and no other text. */
function decidingIn(groups: readonly (JsonObject | undefined)[], fieldNames: CallClaim['metadata']['fieldNames']) {
  const names = new Set(decidingFields.flatMap((name) => [...namesOf(name, fieldNames)]));
  const kept = new Map<string, Json>();
  for (const group of groups)
    for (const [name, value] of Object.entries(group ?? {})) {
      if (!names.has(normalName(name)) || !isScalar(value) || kept.has(name)) continue;
      const meaning = truthOf(value) ?? (isSelection(value) ? wordOf(value) : undefined);
      if (meaning !== undefined) kept.set(name, meaning);
    }
  return kept;
}

const WORD = /^[a-z0-9_]{1,64}$/;

/** A word of the vendor's. What does not look like one is not kept, but for how it begins, which may decide. */
const vendorsWord = (word: string | undefined): string | undefined =>
  word === undefined || WORD.test(word) ? word : word.startsWith('dial_') ? 'dial_other' : 'other';

/** A fact of a call without its person: its ids, times, words and deciding fields. It makes the same outcome and ticket. */
export function withoutPerson(fact: CallClaim): CallFacts & JsonObject {
  const { data, metadata } = fact;
  const { personal } = data;
  const flags = decidingIn([data.flags, personal?.custom], metadata.fieldNames);
  const newTime = newTimeOf(fact as CallFact);
  if (newTime) flags.set('rescheduled_to', newTime.startsAt ?? PROSE);
  const collected = decidingIn([data.collectedFlags, personal?.collected], metadata.fieldNames);
  return definedFields({
    callId: data.callId,
    direction: data.direction,
    agentId: data.agentId,
    callStatus: vendorsWord(data.callStatus),
    disconnectionReason: vendorsWord(data.disconnectionReason),
    startedAt: data.startedAt,
    endedAt: data.endedAt,
    durationMs: data.durationMs,
    callSessionId: data.callSessionId,
    appointmentId: data.appointmentId,
    contactId: data.contactId,
    tenantMismatch: data.tenantMismatch,
    userSpoke: data.userSpoke,
    analysed: data.analysed,
    inVoicemail: data.inVoicemail,
    successful: data.successful,
    flags: flags.size > 0 ? Object.fromEntries(flags) : undefined,
    collectedFlags: collected.size > 0 ? Object.fromEntries(collected) : undefined,
    ...('event' in data && 'payloadDigest' in data
      ? { event: vendorsWord(data.event as string), payloadDigest: data.payloadDigest }
      : {}),
  }) as CallFacts & JsonObject;
}

/** What is kept of other facts, field by field; of types that are absent nothing is. */
const kept: { readonly [T in DomainEvent['type']]?: readonly string[] } = {
  CallArchived: ['by'],
  CallUnarchived: ['by'],
  CallLinked: ['sessionId', 'by'],
  CallRequested: ['agentId', 'appointmentId', 'contactId', 'requestDigest', 'by'],
  CallPlaced: ['retellCallId'],
  CallPlacementFailed: ['reason'],
  AppointmentRegistered: ['startsAt', 'status', 'by'],
  AppointmentChanged: ['startsAt', 'status', 'by'],
  TicketStatusSet: ['callId', 'status', 'by'],
  TicketMailClaimed: ['callId', 'opening', 'by', 'until'],
  TicketMailSent: ['callId', 'opening', 'messageId', 'refused'],
  TicketMailPartlySent: ['callId', 'opening', 'messageId', 'accepted', 'refused'],
  TicketMailFailed: ['callId', 'opening', 'reason'],
  TicketMailNotSent: ['callId', 'opening', 'reason'],
  TicketMailRedriven: ['callId', 'opening', 'by'],
  DeliveryQuarantined: ['reason', 'endpoint', 'receivedAt', 'size'],
  DeliveryReleased: ['callId', 'factId'],
};

/** The content of a fact, with its whole text, when its person is erased; undefined: nothing of it is kept. */
export function erasedData(fact: Fact): JsonObject | undefined {
  const { type, data } = fact;
  if (parseableCall(fact)) return withoutPerson(fact);
  const fields = kept[type];
  if (!fields) return undefined;
  const all = data as Readonly<Record<string, Json | undefined>>;
  return definedFields(Object.fromEntries(fields.map((name) => [name, all[name]]))) as JsonObject;
}

const parseableCall = (fact: Fact): fact is CallFact => fact.stream.startsWith('call-') && 'callId' in fact.data;
