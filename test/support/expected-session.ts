import { isDeepStrictEqual } from 'node:util';
import type { RetellCall } from '../../src/retell-emulator/calls.ts';
import type { Story } from '../../src/retell-emulator/stories.ts';

const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());

/** The fields of a session (docs/rules.md, "API shapes") that its one call decides, from what Retell knows of it. */
export function expectedSession({ call, story }: { call: RetellCall; story: Story }, day = 0) {
  const { call_analysis: analysis, metadata = {} } = call;
  // A day after its end a call without analysis is one that has none (docs/rules.md, "Outcome of a call").
  const closed = day > 0 && analysis === undefined;
  return {
    id: metadata.call_session_id,
    appointmentId: metadata.appointment_id,
    contactId: metadata.contact_id,
    retellCallId: call.call_id,
    retellCallIds: [call.call_id],
    status: closed ? 'failed' : story.expected.status,
    statusReason: closed ? 'undecided' : story.expected.reason,
    direction: call.direction,
    agentId: call.agent_id,
    agentName: call.agent_name,
    fromNumber: call.from_number,
    toNumber: call.to_number,
    customerPhone: call.direction === 'inbound' ? call.from_number : call.to_number,
    startedAt: iso(call.start_timestamp),
    endedAt: iso(call.end_timestamp),
    durationMs: call.duration_ms,
    disconnectionReason: call.disconnection_reason,
    transferred: call.disconnection_reason === 'call_transfer',
    archived: false,
    // That it has none is an analysis with nothing in it.
    analysis: closed
      ? { custom: {} }
      : analysis && {
          summary: analysis.call_summary,
          sentiment: analysis.user_sentiment,
          successful: analysis.call_successful,
          inVoicemail: analysis.in_voicemail,
          custom: analysis.custom_analysis_data,
        },
    transcript: call.transcript || undefined,
    recordingUrl: call.recording_url,
  };
}

/** Where a session differs from what it should be; what is absent is undefined. */
export function differences(expected: object, seen: object): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(seen)].filter((name) => !beside.has(name)));
  const of = (from: object, name: string) => (from as Record<string, unknown>)[name];
  return [...names]
    .filter((name) => !isDeepStrictEqual(of(expected, name), of(seen, name)))
    .map((name) => `${name}: ${JSON.stringify(of(seen, name))}, not ${JSON.stringify(of(expected, name))}`);
}

/** What a session shows beside: when it became known, on how much it rests, and links to others. */
const beside: ReadonlySet<string> = new Set([
  'tenantId',
  'createdAt',
  'lastEventAt',
  'requestedAt',
  'revision',
  'ticketId',
]);
