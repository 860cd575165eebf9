import { z } from 'zod';
import type { CallEvent, CallFacts, CallFactType } from '../events/call-facts.ts';
import { digestOf } from '../events/identity.ts';
import { definedFields, isJsonObject, type Json, type JsonObject } from '../events/json.ts';
import { chosenId } from '../model/ids.ts';
import { isBlank, isBlankAnswer, normalName, truthOf } from '../model/words.ts';
import { isForeign, tenantNamedIn } from '../tenants/tenant.ts';
import { type CallPayload, splitFlags } from './payload.ts';
import { prefersScrubbed, transcriptOf } from './transcript.ts';

// The vendor's words stop here: docs/retell-api.md on the left, src/events/call-facts.ts on the right.

/** The events that are facts of a kind of our own. */
export const kinds: ReadonlyMap<string, CallFactType> = new Map([
  ['call_started', 'CallStarted'],
  ['call_ended', 'CallEnded'],
  ['call_analyzed', 'CallAnalyzed'],
  ['transfer_started', 'TransferStarted'],
  ['transfer_bridged', 'TransferBridged'],
  ['transfer_cancelled', 'TransferCancelled'],
  ['transfer_ended', 'TransferEnded'],
]);

/** Milliseconds from 2001 (less would be seconds, or nothing) to the year 9999. */
export const isTime = (value: unknown): value is number =>
  typeof value === 'number' && value >= 1e12 && value < 253_402_300_800_000;

// A field of a wrong type or size counts as absent: a delivery is never refused for it (docs/rules.md, "Invariants" 7).
const lenient = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
/** A word like "none" counts as absent. */
const text = (max: number) =>
  lenient(
    z
      .string()
      .max(max)
      .transform((words) => (isBlank(words) ? undefined : words)),
  );
const word = text(512);
const time = lenient(z.custom<number>(isTime).transform((ms) => new Date(ms).toISOString()));
const record = lenient(z.custom<JsonObject>(isJsonObject));
const link = text(8192);
const LONG = 100_000_000;

const VendorCall = z.object({
  call_type: word,
  direction: lenient(z.enum(['inbound', 'outbound'])),
  agent_id: word,
  agent_name: word,
  call_status: word,
  disconnection_reason: word,
  start_timestamp: time,
  end_timestamp: time,
  duration_ms: lenient(z.number().nonnegative()),
  metadata: record,
  from_number: word,
  to_number: word,
  phone_number: lenient(z.object({ from: word, to: word })), // until 2.3
  recording_url: link,
  recording_multi_channel_url: link,
  scrubbed_recording_url: link,
  scrubbed_recording_multi_channel_url: link,
  call_analysis: record,
  retell_llm_dynamic_variables: record,
  collected_dynamic_variables: record,
  transfer_destination: lenient(z.custom<Json>((value) => value !== undefined && value !== null)),
});
type VendorCall = z.infer<typeof VendorCall>;

/** Until 4.2 two ratings took the place of `call_successful`. */
const ratings = ['agent_task_completion_rating', 'call_completion_rating'] as const;
const rating = lenient(z.enum(['Complete', 'Partial', 'Incomplete']));

const VendorAnalysis = z.object({
  call_summary: text(LONG),
  user_sentiment: lenient(z.string().max(512).regex(/\S/)), // 'Unknown' is a word of the vendor's own
  in_voicemail: z.unknown().transform(truthOf).optional(),
  call_successful: z.unknown().transform(truthOf).optional(),
  custom_analysis_data: record,
  agent_task_completion_rating: rating,
  call_completion_rating: rating,
});
type VendorAnalysis = z.infer<typeof VendorAnalysis>;
/** The vendor's own fields of an analysis; all others are the customer's. */
const PRESETS: ReadonlySet<string> = new Set([
  ...Object.keys(VendorAnalysis.shape),
  ...ratings.map((name) => `${name}_reason`),
  'agent_sentiment',
]);

/** The content of a fact, without its identity. */
export type CallStatement = { readonly type: CallFactType; readonly data: CallFacts };

export type Owner = {
  /** The tenant whose key verified the delivery, or whose Retell account has the call. */
  readonly tenantId: string;
  readonly isTenant: (name: string) => boolean;
};

type Unrecognized = Extract<CallEvent, { type: 'CallEventUnrecognized' }>['data'];

/** Translates a delivery. The result depends on its content only, so a repetition is the same statement. */
export function translatePayload({ event, envelope, call, callId }: CallPayload, owner: Owner): CallStatement {
  const type = kinds.get(event);
  const data = factsOf(callId, call, owner, envelope.transfer_destination);
  if (type !== undefined) return { type, data };
  const { event_timestamp: _, ...content } = envelope; // a retry may carry another one
  const unrecognized: Unrecognized = { ...data, event, payloadDigest: digestOf(content) };
  return { type: 'CallEventUnrecognized', data: unrecognized };
}

/** Translates a call from the vendor's API as its webhook would have been (A14). */
export const translateCall = (type: CallFactType, callId: string, call: JsonObject, owner: Owner): CallStatement => ({
  type,
  data: factsOf(callId, call, owner, undefined),
});

/** The vendor's time of the event: metadata, never part of the fact. */
export const occurredAt = (envelope: JsonObject): string | undefined => time.parse(envelope.event_timestamp);

function factsOf(callId: string, raw: JsonObject, owner: Owner, destination: Json | undefined): CallFacts {
  const call = VendorCall.parse(raw);
  const analysis = call.call_analysis && VendorAnalysis.parse(call.call_analysis);
  const transcript = transcriptOf(raw);
  const custom = splitFlags(customFields(call.call_analysis, analysis?.custom_analysis_data));
  const collected = splitFlags(Object.entries(call.collected_dynamic_variables ?? {}));
  return definedFields({
    callId,
    direction: directionOfType.get(call.call_type) ?? call.direction,
    agentId: call.agent_id,
    agentName: call.agent_name,
    callStatus: call.call_status,
    disconnectionReason: call.disconnection_reason,
    startedAt: call.start_timestamp,
    endedAt: call.end_timestamp,
    durationMs: call.duration_ms,
    ...correlation(call.metadata ?? {}, owner),
    userSpoke: transcript.userSpoke,
    analysed: analysis && (true as const),
    inVoicemail: analysis?.in_voicemail,
    successful: analysis && successful(analysis),
    flags: filled(custom.flags),
    collectedFlags: filled(collected.flags),
    personal: filled(
      definedFields({
        fromNumber: call.from_number ?? call.phone_number?.from,
        toNumber: call.to_number ?? call.phone_number?.to,
        transcript: transcript.text,
        recordingUrl: recordingOf(call, prefersScrubbed(raw)),
        summary: analysis?.call_summary,
        sentiment: analysis?.user_sentiment,
        custom: filled(custom.rest),
        variables: filled(call.retell_llm_dynamic_variables ?? {}),
        collected: filled(collected.rest),
        // Transfer events have it beside the call, as an object (docs/retell-api.md).
        transferDestination: destination ?? call.transfer_destination,
      }),
    ),
  });
}

/** The customer's own fields; one directly under the analysis counts only when the nested one is missing (A7). */
function customFields(analysis: JsonObject = {}, nested: JsonObject = {}): Map<string, Json> {
  const fields = new Map(Object.entries(nested));
  const given = new Set([...fields].filter(([, value]) => !isBlankAnswer(value)).map(([name]) => normalName(name)));
  for (const [name, value] of Object.entries(analysis))
    if (!PRESETS.has(name) && !isBlankAnswer(value) && !given.has(normalName(name))) fields.set(name, value);
  return fields;
}

/** The ids that the caller gave the call; none when it names a foreign tenant (docs/rules.md, "Session"). */
function correlation(metadata: JsonObject, owner: Owner) {
  const { tenantId, isTenant } = owner;
  if (isForeign(tenantNamedIn(metadata, isTenant), tenantId, isTenant)) return { tenantMismatch: true as const };
  const id = (snake: string, camel: string) => chosenId(metadata[snake]) ?? chosenId(metadata[camel]);
  return {
    callSessionId: id('call_session_id', 'callSessionId'),
    appointmentId: id('appointment_id', 'appointmentId'),
    contactId: id('contact_id', 'contactId'),
  };
}

function successful(analysis: VendorAnalysis): boolean | undefined {
  if (analysis.call_successful !== undefined) return analysis.call_successful;
  const rated = ratings.map((name) => analysis[name]);
  if (rated.every((word) => word === 'Complete')) return true;
  return rated.some((word) => word === 'Incomplete' || word === 'Partial') ? false : undefined;
}

/** A web call has no direction; until 2.3 the type of a phone call contained it. */
const directionOfType: ReadonlyMap<string | undefined, CallFacts['direction']> = new Map([
  ['web_call', 'web'],
  ['inbound_phone_call', 'inbound'],
  ['outbound_phone_call', 'outbound'],
]);

/** Prefers the recording in one channel; any is better than none. */
function recordingOf(call: VendorCall, scrubbedFirst: boolean): string | undefined {
  const whole = [call.recording_url, call.recording_multi_channel_url];
  const scrubbed = [call.scrubbed_recording_url, call.scrubbed_recording_multi_channel_url];
  const links = scrubbedFirst ? [...scrubbed, ...whole] : [whole[0], scrubbed[0], whole[1], scrubbed[1]];
  return links.find((link) => link !== undefined);
}

const filled = <T extends object>(fields: T): T | undefined => (Object.keys(fields).length > 0 ? fields : undefined);
