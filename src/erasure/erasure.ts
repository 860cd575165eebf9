import { decode, type Fact } from '../events/codec.ts';
import { type Decider, handle, overFacts } from '../events/decider.ts';
import type { Erasure } from '../events/erasure-facts.ts';
import { type ErasureRecordEvent, erasureRecordSchemas, type Subject } from '../events/erasure-record.ts';
import { type EventLog, readLeft } from '../events/event-log.ts';
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
  /** How often Retell has answered what, where it was to delete the calls. */
  readonly atRetell: Readonly<Record<string, number>>;
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
        ...{ calls: 0, erased: 0, quarantined: 0, atRetell: {} },
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
    case 'CallDeletedAtRetell': {
      const { outcome } = fact.data;
      return { ...before, atRetell: { ...before.atRetell, [outcome]: (before.atRetell[outcome] ?? 0) + 1 } };
    }
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

/** Of the calls that Retell was to delete, those that it has not answered for. */
export const pendingAtRetell = ({ deleteAtRetell, calls, atRetell }: ErasureState): number =>
  deleteAtRetell ? calls - Object.values(atRetell).reduce((sum, count) => sum + count, 0) : 0;

/** What was found, and what was done, by the erasure's own stream. */
export async function recordOf(log: Pick<EventLog, 'read'>, tenantId: string, id: string) {
  const found = { calls: new Set<string>(), sessions: new Set<string>(), quarantined: new Set<string>() };
  const streams: string[] = [];
  const asked = new Set<string>();
  for (const event of await readLeft(log, erasureStream(tenantId, id))) {
    const fact = decode(event);
    if (fact?.type === 'ErasureFound')
      for (const kind of ['calls', 'sessions', 'quarantined'] as const)
        for (const one of fact.data[kind]) found[kind].add(one);
    if (fact?.type === 'ErasureProgressed') streams.push(...fact.data.streams.map(({ stream }) => stream));
    if (fact?.type === 'CallDeletedAtRetell') asked.add(fact.data.callId);
  }
  const { calls, sessions, quarantined } = found;
  return { calls: [...calls], sessions: [...sessions], quarantined: [...quarantined], streams, asked };
}
