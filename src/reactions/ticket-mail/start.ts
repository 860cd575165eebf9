import { randomUUID } from 'node:crypto';
import type { ConstructorOptions } from 'pg-boss';
import type { Logger } from 'pino';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import { pause, stoppable } from '../../events/waiting.ts';
import { type Connection, connect } from '../../postgres/connection.ts';
import { tryLock } from '../../postgres/mutex.ts';
import type { TenantDirectory } from '../../tenants/tenant.ts';
import { prepareTables } from '../migrations.ts';
import { attemptAgain, mutexOf, type StartPosition, startPosition, thenWaiting } from '../reaction.ts';
import { type AttemptOptions, attemptMail } from './attempt.ts';
import { deleteOld } from './bookkeeping.ts';
import { follow } from './follow.ts';
import { type DeadLetter, type HandleJob, type MailQueue, type QueuePace, queuePace, startQueue } from './queue.ts';
import { type SmtpTimes, smtpTimes } from './smtp.ts';

export type TicketMailOptions = {
  readonly log: EventLog;
  readonly tenants: TenantDirectory;
  readonly databaseUrl: string;
  /** Absent: mails are recorded as not sent. */
  readonly smtpUrl: string | undefined;
  readonly from: string;
  /** How long a transferred call's mail waits for an analysis after the call's end. */
  readonly waitSeconds: number;
  readonly logger: Logger;
  /** Ends it, as `stop()` does. */
  readonly signal?: AbortSignal;
  readonly now?: () => number;
  readonly pace?: Partial<QueuePace & SmtpTimes & Pace>;
  /** pg-boss's, where a test moves the time. */
  readonly clock?: ConstructorOptions['clock'];
};

type Pace = {
  /** How often a process that does not lead tries to, and each checks that the queue still exists. */
  readonly standbyMs: number;
  readonly giveUpAfterMs: number;
  /** How long `stop` waits for mails under way. */
  readonly stopMs: number;
};

/** A mail server may be down for a whole day. */
const usualPace: Pace = { standbyMs: 2000, giveUpAfterMs: 24 * 3_600_000, stopMs: 8000 };

type TicketMailStatus = {
  /** `waiting`: a store is away, and `error` says which. */
  readonly state: 'waiting' | 'standby' | 'following';
  readonly caughtUp: boolean;
  readonly position: string | null;
  readonly error?: string;
  /** Since the process started, of its own attempts. */
  readonly sent: number;
  readonly failed: number;
  readonly notSent: number;
  readonly postponed: number;
  readonly unreadable: number;
};

export type TicketMail = {
  /** Reads memory only, so it may be called at any rate. */
  status(): TicketMailStatus;
  /** Mails given up, the oldest first; undefined while the queue is away. */
  deadLetters(): Promise<readonly DeadLetter[] | undefined>;
  /** Lets mails that are under way finish. */
  stop(): Promise<void>;
};

type State = { -readonly [K in keyof TicketMailStatus]: TicketMailStatus[K] };

/** Sends tickets' mails until it is stopped. Never throws; waits for stores that are away. */
export function startTicketMail(options: TicketMailOptions): TicketMail {
  const { logger } = options;
  const { signal, stop } = stoppable(options.signal);
  const status: State = {
    ...{ state: 'waiting', caughtUp: false, position: null },
    ...{ sent: 0, failed: 0, notSent: 0, postponed: 0, unreadable: 0 },
  };
  const pace = { ...queuePace, ...smtpTimes, ...usualPace, ...options.pace };
  const running: Running = { status, signal, pace, underWay: new Set(), me: randomUUID(), queue: undefined };
  const attempt = (onWell: () => void) => thenWaiting(status, () => session(options, running, onWell));
  const ended = attemptAgain(attempt, { signal, logger, status, onInterrupted: 'ticket_mail_interrupted' });
  return {
    status: () => ({ ...status }),
    deadLetters: async () => running.queue?.deadLetters(),
    async stop() {
      stop();
      await ended;
    },
  };
}

type Running = {
  readonly status: State;
  readonly signal: AbortSignal;
  readonly pace: QueuePace & SmtpTimes & Pace;
  readonly underWay: Set<string>;
  readonly me: string;
  queue: MailQueue | undefined;
};

/** Until something breaks: the queue and its workers in every process, the reading of the log in one of them. */
async function session(options: TicketMailOptions, running: Running, onWell: () => void): Promise<void> {
  const { log, databaseUrl, logger, clock } = options;
  const { signal, status, pace } = running;
  const start = await startPosition(log, 'ticket-mail', 'end'); // an old log causes no mails
  await using connection = await connect(databaseUrl, 'ticket-mail');
  const queue = await startQueue({ databaseUrl, logger, pace, clock, handle: handlerOf(options, running, start) });
  running.queue = queue;
  const replaced = new AbortController();
  const until = AbortSignal.any([signal, connection.lost, replaced.signal]);
  try {
    await prepareTables(connection.db);
    await deleteOld(connection.db);
    const madeAt = await queue.madeAt();
    onWell();
    status.state = 'standby';
    await Promise.all([
      watchOrigin({ log, queue, start, madeAt, everyMs: pace.standbyMs, until }).catch((error) =>
        replaced.abort(error),
      ),
      leadAndFollow(options, running, { connection, queue, start, origin: `${start.id} ${madeAt}`, until }),
    ]);
    if (!signal.aborted) throw until.reason;
  } finally {
    replaced.abort();
    running.queue = undefined;
    await queue.stop(pace.stopMs);
  }
}

function handlerOf(options: TicketMailOptions, running: Running, start: StartPosition): HandleJob {
  const { log, tenants, smtpUrl, from, logger, now = Date.now, waitSeconds } = options;
  const { status, underWay, me, signal, pace } = running;
  const attempting: AttemptOptions = {
    ...{ log, tenants, smtpUrl, from, me, underWay, now, logger, signal },
    startAfter: start.after,
    waitMs: waitSeconds * 1000,
    times: pace,
    giveUpAfterMs: pace.giveUpAfterMs,
    othersAfterMs: pace.retrySeconds * 1000,
    onOutcome(counter) {
      status[counter] += 1;
    },
    async again(key, inMs) {
      if (!running.queue) throw new Error('the queue is away');
      await running.queue.put(key, inMs);
    },
  };
  return (key, job) => attemptMail(attempting, key, job);
}

type Origin = {
  readonly log: EventLog;
  readonly queue: MailQueue;
  readonly start: StartPosition;
  readonly madeAt: string;
  readonly everyMs: number;
  readonly until: AbortSignal;
};

/**
 * Throws when the queue or the log is not the one of the start any more. A dropped queue or a restored store breaks no
 * connection that would be noticed, so they have to be polled.
 */
async function watchOrigin({ log, queue, start, madeAt, everyMs, until }: Origin): Promise<void> {
  for (;;) {
    await pause(everyMs, until);
    if (until.aborted) return;
    if ((await queue.madeAt()) !== madeAt) throw new Error('the queue of ticket mails was made anew');
    const { id } = await startPosition(log, 'ticket-mail', 'end').catch((error) => {
      if (error instanceof EventStoreUnavailable) return start;
      throw error;
    });
    if (id !== start.id) throw new Error('the log was restored to before the first start of the ticket mails');
  }
}

type Lead = {
  readonly connection: Connection;
  readonly queue: MailQueue;
  readonly start: StartPosition;
  readonly origin: string;
  readonly until: AbortSignal;
};

/** One process reads the log; its lock ends with its connection. */
async function leadAndFollow(options: TicketMailOptions, { status, pace }: Running, lead: Lead): Promise<void> {
  const { connection, queue, start, origin, until } = lead;
  const { log, logger, now = Date.now, waitSeconds } = options;
  const { db } = connection;
  while (!until.aborted && !(await tryLock(db, mutexOf('ticket-mail')))) await pause(pace.standbyMs, until);
  if (until.aborted) return;
  status.state = 'following';
  await follow({
    ...{ log, db, queue, start, origin, now, logger },
    waitMs: waitSeconds * 1000,
    signal: until,
    onProgress({ position, caughtUp }) {
      if (position !== undefined) status.position = `${position}`;
      status.caughtUp = caughtUp;
    },
    onUnreadable() {
      status.unreadable += 1;
    },
  });
}
