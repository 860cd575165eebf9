import type { CallEvent, CallFacts, CallFactType } from '../../src/events/call-facts.ts';
import type { DomainEvent, Fact } from '../../src/events/codec.ts';
import { uuidOf } from '../../src/events/identity.ts';
import type { FactMetadata } from '../../src/events/metadata.ts';
import { appointmentStream, callStream, sessionStream } from '../../src/events/streams.ts';

// Named examples. A control is a domain event that still has no place in a log.

export const TENANT = 'acme';

type Claims = Partial<Omit<CallFacts, 'callId'>>;

export type Said = {
  readonly stream: string;
  readonly event: DomainEvent;
  readonly metadata?: Partial<FactMetadata>;
};

const about =
  (type: CallFactType) =>
  (claims: Claims = {}, metadata: Partial<FactMetadata> = {}, callId = 'call_1'): Said => ({
    stream: callStream(TENANT, callId),
    event: { type, data: { callId, event: 'call_new', payloadDigest: 'd1', ...claims } } as CallEvent,
    metadata,
  });

export const started = about('CallStarted');
export const ended = about('CallEnded');
export const analyzed = (claims: Claims = {}, metadata: Partial<FactMetadata> = {}, callId?: string): Said =>
  about('CallAnalyzed')({ analysed: true, ...claims }, metadata, callId);
export const analyzedWithoutAnalysis = about('CallAnalyzed');
export const transferStarted = about('TransferStarted');
export const transferBridged = about('TransferBridged');
export const transferCancelled = about('TransferCancelled');
export const transferEnded = about('TransferEnded');
export const unrecognized = about('CallEventUnrecognized');

export const textPart = (factId: string, part: number, text: string, callId = 'call_1'): Said => ({
  stream: callStream(TENANT, callId),
  event: { type: 'CallTextPart', data: { factId, part, text } },
});
export const archived = (callId = 'call_1'): Said => ({
  stream: callStream(TENANT, callId),
  event: { type: 'CallArchived', data: {} },
  metadata: { source: 'command' },
});
export const unarchived = (callId = 'call_1'): Said => ({
  stream: callStream(TENANT, callId),
  event: { type: 'CallUnarchived', data: {} },
  metadata: { source: 'command' },
});

export const linked = (sessionId = 'cs_1', callId = 'call_1'): Said => ({
  stream: callStream(TENANT, callId),
  event: { type: 'CallLinked', data: { sessionId, by: 'phone_number' } },
  metadata: { source: 'command' },
});

export const requested = (data: Record<string, string> = {}, sessionId = 'cs_1'): Said => ({
  stream: sessionStream(TENANT, sessionId),
  event: { type: 'CallRequested', data },
  metadata: { source: 'command' },
});
export const placed = (retellCallId = 'call_1', sessionId = 'cs_1'): Said => ({
  stream: sessionStream(TENANT, sessionId),
  event: { type: 'CallPlaced', data: { retellCallId } },
  metadata: { source: 'command' },
});
export const placementFailed = (reason = 'retell_refused', sessionId = 'cs_1'): Said => ({
  stream: sessionStream(TENANT, sessionId),
  event: { type: 'CallPlacementFailed', data: { reason } },
  metadata: { source: 'command' },
});

type Staff = {
  startsAt?: string;
  status?: 'scheduled' | 'confirmed' | 'rescheduled' | 'cancelled';
  note?: string;
  by?: string;
};
export const registered = (data: Staff = {}, appointmentId = 'apt_1'): Said => ({
  stream: appointmentStream(TENANT, appointmentId),
  event: { type: 'AppointmentRegistered', data },
  metadata: { source: 'command' },
});
export const changed = (data: Staff = {}, appointmentId = 'apt_1'): Said => ({
  ...registered(data, appointmentId),
  event: { type: 'AppointmentChanged', data },
});

/** The same of another tenant, so that several worlds go on in one log. */
export const inTenant = (said: Said, tenantId: string): Said => ({
  ...said,
  stream: said.stream.replace(TENANT, tenantId),
  metadata: { ...said.metadata, tenantId },
});

export const minute = (n: number): string => new Date(Date.UTC(2026, 0, 1, 10, n)).toISOString();

/** As the log would hold these, each recorded a minute after the one before. */
export function recorded(...said: readonly Said[]): Fact[] {
  const revisions = new Map<string, bigint>();
  return said.map(({ stream, event, metadata }, index) => {
    const revision = revisions.get(stream) ?? 0n;
    revisions.set(stream, revision + 1n);
    const at = minute(index);
    return {
      ...event,
      id: idOf({ stream, event }),
      stream,
      revision,
      position: BigInt(index + 1) * 7n,
      recordedAt: at,
      metadata: {
        tenantId: TENANT,
        source: 'webhook',
        receivedAt: at,
        $correlationId: 'c',
        ...metadata,
      },
    } as Fact;
  });
}

/** As at the door: a fact is what it says. */
export const idOf = ({ stream, event }: Pick<Said, 'stream' | 'event'>): string =>
  uuidOf(stream, JSON.stringify(event));
