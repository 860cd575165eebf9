import { factId } from '../../events/identity.ts';
import { isJsonObject, type JsonObject } from '../../events/json.ts';
import type { Recorded } from '../../events/recorded.ts';
import { canHaveHappened } from '../../model/instant.ts';
import { type CallStatement, isTime, type Owner, translateCall } from '../../retell/translate.ts';

/** What Retell says of a call now, as far as it decides what is to be recorded. */
export type Standing = {
  /** Nothing more will happen on the line. */
  readonly finished: boolean;
  readonly analysed: boolean;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
};

const OVER: ReadonlySet<unknown> = new Set(['ended', 'not_connected', 'error']);
const UNDER_WAY: ReadonlySet<unknown> = new Set(['registered', 'ongoing']);

/** `now`: a time that cannot be yet is none. */
export function standingOf(call: JsonObject, now: number): Standing {
  const time = (value: unknown) => (isTime(value) && canHaveHappened(value, now) ? value : undefined);
  return {
    // A status of the future: over when it has an end.
    finished:
      OVER.has(call.call_status) || (!UNDER_WAY.has(call.call_status) && time(call.end_timestamp) !== undefined),
    analysed: isJsonObject(call.call_analysis),
    startedAt: time(call.start_timestamp),
    endedAt: time(call.end_timestamp),
  };
}

/** What `call_started` carries of a call, whatever has become of it since (docs/retell-api.md, "Webhooks"). */
const AT_THE_START = [
  'call_id',
  'call_type',
  'agent_id',
  'agent_name',
  'direction',
  'from_number',
  'to_number',
  'metadata',
  'retell_llm_dynamic_variables',
  'start_timestamp',
] as const;

/** The fact that Retell has no analysis of a call, a day after its end: an analysis with nothing in it. */
export const noAnalysis = (callId: string): CallStatement => ({
  type: 'CallAnalyzed',
  data: { callId, analysed: true },
});

/**
 * What the log lacks of a call, worded as its webhooks would have: so its facts have the ids that they would have had.
 * Each of the three happens once in a call; where the log has one already, Retell's later words for it (a link
 * renewed, a text scrubbed) are no news.
 */
export function missingStatements(
  call: JsonObject,
  callId: string,
  stream: readonly Recorded[],
  owner: Owner,
  now: number,
): readonly CallStatement[] {
  const { finished, analysed, startedAt } = standingOf(call, now);
  const has = (type: string) => stream.some((event) => event.type === type);
  const stub = noAnalysis(callId);
  const stubId = factId(owner.tenantId, callId, stub.type, stub.data);
  const hasAnalysis = stream.some(
    ({ type, data, id }) => type === 'CallAnalyzed' && isJsonObject(data) && data.analysed === true && id !== stubId,
  );
  const statements: CallStatement[] = [];
  if (startedAt !== undefined && !has('CallStarted'))
    statements.push(translateCall('CallStarted', callId, atTheStart(call), owner));
  if (!finished) return statements;
  const { call_analysis: _, ...ended } = call;
  if (!has('CallEnded')) statements.push(translateCall('CallEnded', callId, ended, owner));
  if (analysed && !hasAnalysis) statements.push(translateCall('CallAnalyzed', callId, call, owner));
  return statements;
}

function atTheStart(call: JsonObject): JsonObject {
  const fields = AT_THE_START.filter((field) => call[field] !== undefined).map((field) => [field, call[field]!]);
  return { call_status: 'ongoing', ...Object.fromEntries(fields) };
}
