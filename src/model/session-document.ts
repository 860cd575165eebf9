import type { Fact } from '../events/codec.ts';
import { definedFields, type Present } from '../events/json.ts';
import { ticketIdOf } from '../events/ticket-facts.ts';
import type { CallState, Description } from './call.ts';
import { isBefore } from './entries.ts';
import { latestAmong, latestValue, noFields } from './latest.ts';
import { phoneOf } from './phone.ts';
import { appointmentOf, createdAtOf, inOrder, type RequestState, type Session, sessionStatus } from './session.ts';
import { reduceStream, type StreamState, type WholeCall } from './stream-state.ts';

/** A call session as the API shows it (docs/rules.md, "API shapes"). */
export type SessionDocument = Present<ReturnType<typeof sessionFields>>;

/** Derives the document; possible after any fact of the fold. */
export const sessionDocument = (session: Session<Description>): SessionDocument =>
  definedFields(sessionFields(session));

/** The fields of its document, undefined where they are not known. */
export function sessionFields(session: Session<Description>) {
  const { tenantId, id, request } = session;
  const calls = inOrder(session.calls);
  const sources = calls.map((call) => call.known);
  if (request) sources.unshift(request.known);
  const field = <K extends keyof Description>(name: K) => latestAmong<Description, K>(sources, name);
  // Start, end, duration and reason must be from one call, or they contradict each other: the latest started.
  const last = calls.at(-1)?.known ?? noFields;
  const retellCallIds = callIds(session, calls);
  const others = calls.filter(({ erased }) => !erased);
  const status = sessionStatus(session);
  const direction = field('direction');
  const fromNumber = field('fromNumber');
  const toNumber = field('toNumber');
  const customer = direction === 'inbound' ? fromNumber : direction === 'outbound' ? toNumber : undefined;
  const matched = calls.filter(({ linked }) => linked?.id === id).map(({ callId }) => callId);
  const withTicket = calls.findLast((call) => latestValue(call.known, 'hasTicket'));
  return {
    id,
    tenantId,
    status: status.status,
    statusReason: status.reason,
    direction,
    appointmentId: appointmentOf(session),
    contactId: field('contactId'),
    ticketId: withTicket && ticketIdOf(withTicket.callId),
    retellCallId: retellCallIds.at(-1),
    retellCallIds,
    /** Those of them that were linked by phone number, the fallback of A6. */
    matchedByPhoneNumber: matched.length > 0 ? matched : undefined,
    agentId: field('agentId'),
    agentName: field('agentName'),
    fromNumber,
    toNumber,
    customerPhone: phoneOf(customer, field('region')),
    startedAt: instant(latestValue(last, 'startedAt')),
    endedAt: instant(latestValue(last, 'endedAt')),
    durationMs: latestValue(last, 'durationMs'),
    disconnectionReason: latestValue(last, 'disconnectionReason'),
    transferred: calls.some((call) => call.transferred),
    tenantMismatch: calls.some((call) => call.tenantMismatch) || undefined,
    archived: isArchived(calls),
    analysis:
      latestAmong<Description, 'analysis'>(
        others.map(({ known }) => known),
        'analysis',
      ) ?? (others.some((call) => call.analysed) ? { custom: {} } : undefined),
    transcript: field('transcript'),
    recordingUrl: field('recordingUrl'),
    requestedAt: instant(request?.request?.occurredAt),
    createdAt: createdAtOf(session),
    lastEventAt: instant(
      calls.reduce((last, call) => Math.max(last, call.lastEventAt), request?.lastEventAt ?? NEVER),
    )!,
    /** How many facts it rests on. */
    revision: calls.reduce((sum, call) => sum + call.facts.length, request?.facts.length ?? 0),
    /** All that is in it. */
    erased: (others.length === 0 && (!request || request.erased !== undefined)) || undefined,
  };
}

const NEVER = Number.NEGATIVE_INFINITY;

/** Placed calls without a fact of their own come last, in the order of placing. */
function callIds({ request }: Session, calls: readonly CallState[]): readonly string[] {
  const recordedIds = calls.map((call) => call.callId);
  const others = Object.entries(request?.placed ?? {}).filter(([id]) => !recordedIds.includes(id));
  const placed = others.sort(([, a], [, b]) => (isBefore(a.position, b.position) ? -1 : 1)).map(([id]) => id);
  return [...recordedIds, ...placed];
}

/** The last decision of staff on any of its calls. */
function isArchived(calls: readonly CallState[]): boolean {
  const decisions = calls.flatMap(({ archived }) => (archived ? [archived] : []));
  return decisions.reduce((a, b) => (isBefore(a.position, b.position) ? b : a), { value: false, position: '' }).value;
}

/** Already as `Date` writes it: parsing would return the same. */
const WRITTEN = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function instant(at: string | number | undefined): string | undefined {
  if (at === undefined || (typeof at === 'string' && WRITTEN.test(at))) return at;
  return new Date(at).toISOString();
}

/** The fold of one session over all its streams, for history and mail. */
export type SessionFold = {
  readonly tenantId: string;
  readonly id: string;
  readonly streams: ReadonlyMap<string, StreamState>;
};

export const noFactsYet = (tenantId: string, id: string): SessionFold => ({
  tenantId,
  id,
  streams: new Map(),
});

/** The fold after one more fact, which has its whole text (`wholeFacts`). */
export function withFact(fold: SessionFold, fact: Fact): SessionFold {
  const streams = new Map(fold.streams);
  streams.set(fact.stream, reduceStream(streams.get(fact.stream), fact));
  return { ...fold, streams };
}

/** Undefined before its first fact. */
export function sessionOf({ tenantId, id, streams }: SessionFold): Session<Description> | undefined {
  const states = [...streams.values()];
  const request = states.find((state): state is RequestState => 'sessionId' in state);
  const calls = states.filter((state): state is WholeCall => 'callId' in state && state.first !== undefined);
  return request || calls.length > 0 ? { tenantId, id, request, calls } : undefined;
}
