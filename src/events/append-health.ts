import { randomUUID } from 'node:crypto';
import { EventStoreNotWriting, EventStoreTimeout, EventStoreUnavailable } from './event-store-errors.ts';
import type { NewEvent } from './recorded.ts';

/** Since when every append has failed, and why; both are absent while appends succeed. */
export type AppendHealth = { readonly failingSince?: Date; readonly reason?: string };

/** One append may fail by chance; a probe has tried again by then. */
const FAILING_AFTER_MS = 5000;
const PROBE_EVERY_MS = 2000;
/** As large as a webhook often is: a disk with less room than that is full for us. */
const PROBE_BYTES = 64 * 1024;

/** A stream of its own for each probe, so that no two processes conflict, and an acknowledged one was written. */
const probe = (): [stream: string, expected: 'no_stream', events: readonly NewEvent[]] => [
  `probe-${randomUUID()}`,
  'no_stream',
  [{ id: randomUUID(), type: 'AppendProbed', data: { filler: '.'.repeat(PROBE_BYTES) }, metadata: {} }],
];

/** Whether appends have failed for so long that the store must be taken not to write. */
export const appendsFail = ({ failingSince }: AppendHealth): boolean =>
  failingSince !== undefined && Date.now() - failingSince.getTime() > FAILING_AFTER_MS;

/**
 * Keeps what became of the last appends, and probes while they fail, so that the end is noticed where no one else
 * appends. Calls `onChange` when they have failed for long, and when that ends.
 */
export function appendHealth(
  append: (...event: ReturnType<typeof probe>) => Promise<unknown>,
  onChange: (health: AppendHealth) => void = () => {},
) {
  let health: AppendHealth = {};
  let newest: bigint | undefined;
  let isReported = false;
  let isProbing = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  function check(): void {
    if (!isReported && appendsFail(health)) {
      isReported = true;
      onChange(health);
    }
    if (isProbing) return;
    isProbing = true;
    void append(...probe())
      .catch(() => {}) // it was counted as every other append
      .finally(() => {
        isProbing = false;
      });
  }

  function endProbing(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    now: (): AppendHealth => health,
    /** A position that was read: a repeat is acknowledged with one that is no newer. */
    seen(position: bigint | undefined): void {
      if (position !== undefined && (newest === undefined || position > newest)) newest = position;
    },
    /** In another log, or after a restore, positions begin anew. */
    forget(): void {
      newest = undefined;
    },
    /** A repeated append is acknowledged without being written, and says nothing about the disk. */
    appended(position: bigint | undefined): void {
      if (position === undefined || (newest !== undefined && position <= newest)) return;
      newest = position;
      endProbing();
      health = {};
      if (!isReported) return;
      isReported = false;
      onChange(health);
    },
    /** Conflicts, deleted streams and lost connections say nothing about it either. */
    failed(error: unknown): void {
      const reason = reasonOf(error);
      if (reason === undefined) return;
      health = { failingSince: health.failingSince ?? new Date(), reason };
      if (!isStopped) timer ??= setInterval(check, PROBE_EVERY_MS).unref();
    },
    /** What fails from now on fails because the connection is being closed. */
    stop(): void {
      isStopped = true;
      endProbing();
    },
  };
}

/** Types of the client's errors by which the store itself answers that an append failed. */
const ANSWERS = new Set(['unknown', 'timeout', 'deadline-exceeded']);

/** What a server says that starts or has no leader. */
const NOT_READY = /server is not ready/i;

/** In words without ids, since readiness shows them to everybody. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof EventStoreNotWriting) return error.reason;
  if (error instanceof EventStoreTimeout) return 'no answer in time';
  if (!(error instanceof EventStoreUnavailable)) return undefined;
  const { type, message } = (error.cause ?? {}) as { type?: string; message?: string };
  const known = NOT_READY.exec(message ?? '')?.[0] ?? type;
  return type !== undefined && ANSWERS.has(type) ? `the store answers "${known}"` : undefined;
}
