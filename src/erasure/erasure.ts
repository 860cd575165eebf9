import type { Fact } from '../events/codec.ts';
import { type Decider, handle, overFacts } from '../events/decider.ts';
import type { Erasure } from '../events/erasure-facts.ts';
import { type ErasureRecordEvent, erasureRecordSchemas, type Subject } from '../events/erasure-record.ts';
import type { EventLog } from '../events/event-log.ts';
import type { FactMetadata } from '../events/metadata.ts';
import { erasureStream } from '../events/streams.ts';

export const erasureStates = ['queued', 'running', 'done', 'failed'] as const;
export const physicalStates = ['done', 'pending', 'unknown'] as const;

/** An erasure as its own stream has it. The ids of what was found are not kept here: there may be very many. */
export type ErasureState = {
  readonly tenantId: string;
  readonly erasure: Erasure;
  readonly subject: Subject;
  readonly requestDigest?: string | undefined;
  readonly deleteAtRetell: boolean;
  /** Of the request. */
  readonly position: bigint;
  readonly state: (typeof erasureStates)[number];
  readonly isFound: boolean;
  readonly calls: number;
  /** Of the calls, those that are erased; and bodies in quarantine. */
  readonly erased: number;
  readonly quarantined: number;
  readonly deletedAtRetell: number;
  readonly doneAt?: string;
  readonly failed?: string;
  /** The log's last word that hides something of it. */
  readonly hiddenAt: bigint;
  readonly isRemoved: boolean;
};

export function evolve(before: ErasureState | undefined, fact: Fact<ErasureRecordEvent>): ErasureState | undefined {
  if (fact.type === 'ErasureRequested')
    return (
      before ?? {
        ...fact.data,
        tenantId: fact.metadata.tenantId,
        deleteAtRetell: fact.data.deleteAtRetell === true,
        position: fact.position,
        state: 'queued',
        isFound: false,
        ...{ calls: 0, erased: 0, quarantined: 0, deletedAtRetell: 0 },
        hiddenAt: fact.position,
        isRemoved: false,
      }
    );
  if (!before) return undefined;
  switch (fact.type) {
    case 'ErasureFound': {
      const calls = before.calls + fact.data.calls.length;
      return { ...before, state: 'running', calls, isFound: before.isFound || fact.data.last === true };
    }
    case 'ErasureProgressed': {
      const { calls, quarantined, position = '0' } = fact.data;
      const hiddenAt = BigInt(position) > before.hiddenAt ? BigInt(position) : before.hiddenAt;
      return { ...before, erased: before.erased + calls, quarantined: before.quarantined + quarantined, hiddenAt };
    }
    case 'CallDeletedAtRetell':
      return { ...before, deletedAtRetell: before.deletedAtRetell + (fact.data.outcome === 'deleted' ? 1 : 0) };
    case 'ErasureDone': {
      const isRemoved = before.hiddenAt === before.position; // there was nothing
      return { ...before, state: 'done', doneAt: fact.recordedAt, isRemoved };
    }
    case 'ErasureFailed':
      return { ...before, state: 'failed', failed: fact.data.reason };
    case 'ErasureRemoved':
      return { ...before, isRemoved: true };
  }
}

/** What is recorded of an erasure, by the process that carries it out. Throws EventStoreUnavailable. */
export async function record(
  log: Pick<EventLog, 'read' | 'append'>,
  { tenantId, id }: { readonly tenantId: string; readonly id: string },
  events: readonly ErasureRecordEvent[],
  now: number,
): Promise<bigint | undefined> {
  const metadata: FactMetadata = {
    ...{ tenantId, source: 'command', receivedAt: new Date(now).toISOString(), $correlationId: id },
  };
  const decider: Decider<ErasureState | undefined, readonly ErasureRecordEvent[], ErasureRecordEvent> = {
    initialState: undefined,
    evolve: overFacts(erasureRecordSchemas, evolve),
    decide: (wanted) => wanted,
  };
  const { position } = await handle(log, erasureStream(tenantId, id), decider, events, metadata);
  return position;
}
