import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { EventLog } from '../events/event-log.ts';
import { type Place, placeAt, placeText } from '../events/recorded.ts';
import { REACTION_STARTED, ReactionStarted } from '../events/session-facts.ts';
import { reactionStream } from '../events/streams.ts';
import { supervise } from '../events/waiting.ts';
import { safeErrorMessage } from '../postgres/errors.ts';
import type { Mutex } from '../postgres/mutex.ts';

/** Each is carried out by one process at a time. */
type Reaction = 'reconciliation' | 'ticket-mail' | 'call-linking' | 'outgoing-webhooks';

/** Held by the process that carries it out. */
export const mutexOf = (reaction: Reaction): Mutex => ({ kind: 'reaction', name: reaction });

/** Up to where a reaction has read. The event is absent where an older release has moved the checkpoint. */
export type Checkpoint = { readonly position: bigint; readonly place?: Place };

/**
 * Undefined, so that it reads from where it began: there is none with this origin (the log, and where earlier work is
 * kept), or the log was restored and has another event there.
 */
export async function loadCheckpoint(
  { db, log, logger }: { readonly db: Kysely<unknown>; readonly log: EventLog; readonly logger: Logger },
  reaction: Reaction,
  origin: string,
): Promise<Checkpoint | undefined> {
  const { rows } = await sql<{ position: string; origin: string; event: string | null }>`
    select position::text, origin, event from reactions.checkpoints where reaction = ${reaction}`.execute(db);
  if (rows[0]?.origin !== origin) return undefined;
  const position = BigInt(rows[0].position);
  const place = placeAt(position, rows[0].event);
  const isThere = place ? await log.holds(place) : position <= ((await log.head()) ?? -1n);
  if (isThere) return place ? { position, place } : { position };
  logger.warn({ reaction, position: `${position}` }, 'reaction_starts_over');
  return undefined;
}

export async function saveCheckpoint(
  db: Kysely<unknown>,
  reaction: Reaction,
  origin: string,
  place: Place,
): Promise<void> {
  await sql`insert into reactions.checkpoints (reaction, position, origin, event)
    values (${reaction}, ${`${place.position}`}, ${origin}, ${placeText(place)})
    on conflict (reaction) do update
       set position = excluded.position, origin = excluded.origin, event = excluded.event`.execute(db);
}

export type StartPosition = {
  readonly after: bigint | undefined;
  /** Of the event that records it: another log has another one. */
  readonly id: string;
};

/**
 * Where a reaction started, at the first time at the log's `start` or `end`. It is recorded in the log, so that a lost
 * Postgres neither repeats nor skips anything.
 */
export async function startPosition(log: EventLog, reaction: Reaction, at: 'start' | 'end'): Promise<StartPosition> {
  const stream = reactionStream(reaction);
  for (;;) {
    const [started] = await log.read(stream, { max: 1 });
    if (started) {
      const { after } = ReactionStarted.parse(started.data);
      return { after: after === undefined ? undefined : BigInt(after), id: started.id };
    }
    const head = at === 'end' ? await log.head() : undefined;
    const data = head === undefined ? {} : { after: `${head}` };
    // Of two processes that start at once one append succeeds; both then read it.
    await log.append(stream, 'no_stream', [{ id: randomUUID(), type: REACTION_STARTED, data, metadata: {} }]);
  }
}

const BACK_OFF_MS = [100, 250, 500, 1000, 2000, 5000] as const;

type Status = { state: string; caughtUp: boolean; error?: string };

type Attempts = {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** The line of the log that says of an interruption. */
  readonly onInterrupted: string;
  /** Has the error until an attempt goes well. */
  readonly status?: Pick<Status, 'error'>;
};

/** Attempts again whatever interrupts a reaction, until the signal. Never rejects. */
export const attemptAgain = (
  attempt: (onWell: () => void) => Promise<void>,
  { signal, logger, onInterrupted, status = {} }: Attempts,
): Promise<void> =>
  supervise(
    (onWell) =>
      attempt(() => {
        onWell();
        delete status.error;
      }),
    {
      ...{ signal, backOffMs: BACK_OFF_MS },
      onFailure(error, retryInMs) {
        status.error = safeErrorMessage(error);
        logger.warn({ error: status.error, retryInMs }, onInterrupted);
      },
    },
  );

/** Does the work of one attempt; after it the status waits. */
export async function thenWaiting(status: Status, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    status.state = 'waiting';
    status.caughtUp = false;
  }
}
