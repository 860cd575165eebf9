import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { decode, type Fact } from '../events/codec.ts';
import type { Erasure } from '../events/erasure-facts.ts';
import { type ErasureRecordEvent, erasureRecordSchemas, type Subject } from '../events/erasure-record.ts';
import type { EventLog } from '../events/event-log.ts';
import { uuidOf } from '../events/identity.ts';
import type { Recorded } from '../events/recorded.ts';
import { prefixOf } from '../events/streams.ts';
import { type Steps, steps, supervise, waitUntil } from '../events/waiting.ts';
import { type ErasureState, evolve, record } from './erasure.ts';

export type RequestErasure = {
  readonly tenantId: string;
  readonly subject: Subject;
  readonly by: Erasure['by'];
  readonly reason?: string | undefined;
  readonly deleteAtRetell?: boolean | undefined;
  readonly idempotencyKey?: string | undefined;
  /** Nameless, of the whole request. */
  readonly requestDigest?: string | undefined;
};

/** Of what is hidden and not removed yet; `detail`: what somebody has to do. */
export type Removal = { readonly physical: 'pending' | 'unknown'; readonly detail?: string };

/** How long a request may take to come back from the log. */
const IN_FORCE_WITHIN_MS = 5000;

export type Erasures = ReturnType<typeof openErasures>;

/** All erasures in memory: a fold of the `erasure-` streams that a subscription keeps up to date. */
export function openErasures(options: {
  readonly log: EventLog;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly now?: () => number;
}) {
  const { log, logger, signal, now = Date.now } = options;
  let known = new Map<string, ErasureState>();
  let handled = -1n;
  let ready = false;
  let removal: Removal = { physical: 'pending' };
  const changes: Steps = steps();

  const apply = (event: Recorded) => {
    try {
      const fact = decode(event);
      if (!fact || !Object.hasOwn(erasureRecordSchemas, fact.type)) return;
      const id = event.stream.slice(event.stream.indexOf('.') + 1);
      const next = evolve(known.get(id), fact as Fact<ErasureRecordEvent>);
      if (next) known.set(id, next);
    } catch (err) {
      logger.error({ err, reason: 'erasure_event_broken', stream: event.stream }, 'passed over');
    } finally {
      handled = event.position;
    }
  };
  const onBreak = (error: unknown, retryInMs: number) =>
    logger.warn({ reason: 'subscription_broken', error: (error as Error).name, retryInMs }, 'erasures');
  /** From the beginning: after a restore they are as they were then. */
  const follow = async () => {
    known = new Map();
    for await (const { events, caughtUp } of log.subscribe({ prefixes: [prefixOf('erasure')], signal, onBreak })) {
      for (const event of events) apply(event);
      ready ||= caughtUp;
      changes.done();
    }
  };
  void supervise(follow, { signal, onFailure: onBreak });

  const reached = (position: bigint | undefined) =>
    waitUntil(() => position === undefined || handled >= position, {
      ...{ timeoutMs: IN_FORCE_WITHIN_MS, steps: changes, signal },
    });

  return {
    changes,
    ready: () => ready,
    /** What the stores say of what is hidden and not removed yet. */
    removal: () => removal,
    removing(now: Removal): void {
      removal = now;
    },
    get: (id: string): ErasureState | undefined => known.get(id),
    /** The newest first. */
    list: (): readonly ErasureState[] => [...known.values()].sort((a, b) => (a.position < b.position ? 1 : -1)),
    reached,
    /** Records the wish; who asks again under the same key is given the same erasure. Throws EventStoreUnavailable. */
    async request(wish: RequestErasure): Promise<ErasureState | { readonly id: string } | 'idempotency_key_reused'> {
      const { tenantId, subject, by, reason, idempotencyKey, requestDigest } = wish;
      const id =
        idempotencyKey === undefined
          ? `ers_${randomUUID()}`
          : `ers_${uuidOf('POST /api/erasures', 'Idempotency-Key', idempotencyKey)}`;
      const before = known.get(id);
      if (before) return before.requestDigest === requestDigest ? before : 'idempotency_key_reused';
      const erasure = { id, by, ...(reason !== undefined && { reason }), requestedAt: new Date(now()).toISOString() };
      const data = {
        ...{ erasure, subject },
        ...(requestDigest !== undefined && { requestDigest }),
        ...(wish.deleteAtRetell && { deleteAtRetell: true as const }),
      };
      await reached(await record(log, { tenantId, id }, [{ type: 'ErasureRequested', data }], now()));
      return known.get(id) ?? { id };
    },
  };
}
