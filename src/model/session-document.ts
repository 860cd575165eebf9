import type { Fact } from '../events/codec.ts';
import { ticketIdOf } from '../events/ticket-facts.ts';
import type { Analysis, CallState, Description } from './call.ts';
import { isBefore } from './entries.ts';
import { latestAmong, latestValue, noFields } from './latest.ts';
import type { Outcome } from './outcome.ts';
import { phoneOf } from './phone.ts';
import { appointmentOf, createdAtOf, inOrder, type RequestState, type Session, sessionStatus } from './session.ts';
import { reduceStream, type StreamState, type WholeCall } from './stream-state.ts';

/** A call session as the API shows it (docs/rules.md, "API shapes"); unknown fields are absent. */
export type SessionDocument = {
  readonly id: string;
  readonly tenantId: string;
  readonly status: Outcome;
  readonly statusReason: string;
  readonly direction?: string;
  readonly appointmentId?: string;
  readonly contactId?: string;
  readonly ticketId?: string;
  readonly retellCallId?: string;
  readonly retellCallIds: readonly string[];
  /** The calls that were linked by phone number (A6). */
  readonly matchedByPhoneNumber?: readonly string[];
  readonly agentId?: string;
  readonly agentName?: string;
  readonly fromNumber?: string;
  readonly toNumber?: string;
  readonly customerPhone?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly durationMs?: number;
  readonly disconnectionReason?: string;
  readonly transferred: boolean;
  readonly tenantMismatch?: true;
  readonly archived: boolean;
  readonly analysis?: Analysis;
  readonly transcript?: string;
  readonly recordingUrl?: string;
  readonly requestedAt?: string;
  readonly createdAt: string;
  readonly lastEventAt: string;
  /** The number of its facts. */
  readonly revision: number;
};

type SessionFields = { readonly [K in keyof Required<SessionDocument>]: SessionDocument[K] | undefined };

/** Derives the document; possible after any fact of the fold. */
export const sessionDocument = (session: Session<Description>): SessionDocument =>
  definedFields(sessionFields(session)) as SessionDocument;

/** The fields of the document, undefined when unknown. */
export function sessionFields(session: Session<Description>): SessionFields {
  const { tenantId, id, request } = session;
  const calls = inOrder(session.calls);
  const sources = calls.map((call) => call.known);
  if (request) sources.unshift(request.known);
  const field = <K extends keyof Description>(name: K) => latestAmong<Description, K>(sources, name);
  // Start, end, duration and reason must be from one call, or they contradict each other: the latest started.
  const last = calls.at(-1)?.known ?? noFields;
  const retellCallIds = callIds(session, calls);
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
    analysis: field('analysis') ?? (calls.some((call) => call.analysed) ? { custom: {} } : undefined),
    transcript: field('transcript'),
    recordingUrl: field('recordingUrl'),
    requestedAt: instant(request?.request?.occurredAt),
    createdAt: createdAtOf(session),
    lastEventAt: instant(
      calls.reduce((last, call) => Math.max(last, call.lastEventAt), request?.lastEventAt ?? NEVER),
    )!,
    revision: calls.reduce((sum, call) => sum + call.facts.length, request?.facts.length ?? 0),
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

function definedFields(document: Readonly<Record<string, unknown>>): unknown {
  const there: Record<string, unknown> = {};
  for (const name in document) if (document[name] !== undefined) there[name] = document[name];
  return there;
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
