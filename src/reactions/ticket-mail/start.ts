import { randomUUID } from 'node:crypto';
import type { ConstructorOptions } from 'pg-boss';
import type { Logger } from 'pino';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import { pause } from '../../events/waiting.ts';
import { type Connection, connect } from '../../postgres/connection.ts';
import { tryLock } from '../../postgres/mutex.ts';
import type { TenantDirectory } from '../../tenants/tenant.ts';
import { prepareTables } from '../migrations.ts';
import { attemptAgain, mutexOf, type StartPosition, startPosition, thenWaiting } from '../reaction.ts';
import { attemptMail, type UnderWay } from './attempt.ts';
import { deleteOld, follow } from './follow.ts';
import { type DeadLetter, type MailQueue, type QueuePace, queuePace, startQueue } from './queue.ts';
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

export type TicketMailStatus = {
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
  const stopped = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stopped.signal]) : stopped.signal;
  const status: State = {
    state: 'waiting',
    caughtUp: false,
    position: null,
    sent: 0,
    failed: 0,
    notSent: 0,
    postponed: 0,
    unreadable: 0,
  };
  const running: Running = { status, signal, underWay: new Set(), me: randomUUID(), queue: undefined };
  const attempt = (onWell: () => void) => thenWaiting(status, () => session(options, running, onWell));
  const ended = attemptAgain(attempt, { signal, logger, status, onInterrupted: 'ticket_mail_interrupted' });
  return {
    status: () => ({ ...status }),
    deadLetters: async () => running.queue?.deadLetters(),
    async stop() {
      stopped.abort();
      await ended;
    },
  };
}

type Running = {
  readonly status: State;
  readonly signal: AbortSignal;
  readonly underWay: UnderWay;
  readonly me: string;
  queue: MailQueue | undefined;
};

/** Until something breaks: the queue and its workers in every process, the reading of the log in one of them. */
async function session(options: TicketMailOptions, running: Running, onWell: () => void): Promise<void> {
  const { log, databaseUrl, logger, clock } = options;
  const pace = { ...queuePace, ...smtpTimes, ...usualPace, ...options.pace };
  const { signal, status } = running;
  const start = await startPosition(log, 'ticket-mail', 'end'); // an old log causes no mails
  await using connection = await connect(databaseUrl, 'ticket-mail');
  const queue = await startQueue({
    databaseUrl,
    logger,
    pace,
    clock,
    handle: handlerOf(options, running, start, pace),
  });
  running.queue = queue;
  const until = new AbortController();
  const end = () => until.abort(signal.aborted ? undefined : connection.lost.reason);
  for (const reason of [signal, connection.lost]) reason.addEventListener('abort', end);
  try {
    if (signal.aborted || connection.lost.aborted) end();
    await prepareTables(connection.db);
    await deleteOld(connection.db);
    const madeAt = await queue.madeAt();
    const origin = `${start.id} ${madeAt}`;
    onWell();
    status.state = 'standby';
    await Promise.all([
      watchOrigin({ log, queue, start, madeAt, everyMs: pace.standbyMs, until }),
      leadAndFollow(options, running, { connection, queue, start, origin, until: until.signal, pace }),
    ]);
    if (!signal.aborted) throw until.signal.reason;
  } finally {
    until.abort();
    for (const reason of [signal, connection.lost]) reason.removeEventListener('abort', end);
    running.queue = undefined;
    await queue.stop(pace.stopMs);
  }
}

function handlerOf(
  options: TicketMailOptions,
  running: Running,
  start: StartPosition,
  pace: QueuePace & SmtpTimes & Pace,
) {
  const { log, tenants, smtpUrl, from, logger, now = Date.now, waitSeconds } = options;
  const { status, underWay, me, signal } = running;
  const onSettled = (word: 'sent' | 'failed' | 'not_sent' | 'later') => {
    status[({ sent: 'sent', failed: 'failed', not_sent: 'notSent', later: 'postponed' } as const)[word]] += 1;
  };
  const again: Parameters<typeof attemptMail>[0]['again'] = async (key, inMs) => {
    if (!running.queue) throw new Error('the queue is away');
    await running.queue.put(key, inMs);
  };
  return (key: Parameters<typeof attemptMail>[2], job: Parameters<typeof attemptMail>[3]) =>
    attemptMail(
      {
        ...{ log, tenants, smtpUrl, from, me, now, logger, signal, onSettled, again },
        startAfter: start.after,
        waitMs: waitSeconds * 1000,
        times: pace,
        giveUpAfterMs: pace.giveUpAfterMs,
        othersAfterMs: pace.retrySeconds * 1000,
      },
      underWay,
      key,
      job,
    );
}

type Origin = {
  readonly log: EventLog;
  readonly queue: MailQueue;
  readonly start: StartPosition;
  readonly madeAt: string;
  readonly everyMs: number;
  readonly until: AbortController;
};

/** A dropped queue or a restored store breaks no connection that would be noticed, so they have to be polled. */
async function watchOrigin({ log, queue, start, madeAt, everyMs, until }: Origin): Promise<void> {
  try {
    while (!until.signal.aborted) {
      await pause(everyMs, until.signal);
      if (until.signal.aborted) return;
      if ((await queue.madeAt()) !== madeAt) throw new Error('the queue of ticket mails was made anew');
      const { id } = await startPosition(log, 'ticket-mail', 'end').catch((error) => {
        if (error instanceof EventStoreUnavailable) return start;
        throw error;
      });
      if (id !== start.id) throw new Error('the log was restored to before the first start of the ticket mails');
    }
  } catch (error) {
    until.abort(error);
  }
}

type Lead = {
  readonly connection: Connection;
  readonly queue: MailQueue;
  readonly start: StartPosition;
  readonly origin: string;
  readonly until: AbortSignal;
  readonly pace: Pace;
};

/** One process reads the log; its lock ends with its connection. */
async function leadAndFollow(options: TicketMailOptions, { status }: Running, lead: Lead): Promise<void> {
  const { connection, queue, start, origin, until, pace } = lead;
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
