import pg from 'pg';
import { type Logger, pino } from 'pino';
import { expect, vi } from 'vitest';
import { uuidOf } from '../../src/events/identity.ts';
import type { JsonObject } from '../../src/events/json.ts';
import { callStream, ticketStream } from '../../src/events/streams.ts';
import { ticketIdOf } from '../../src/events/ticket-facts.ts';
import { startTicketMail, type TicketMail, type TicketMailOptions } from '../../src/reactions/ticket-mail/start.ts';
import { patientLog } from '../support/patient-log.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { startRestorableStore } from '../support/restorable-store.ts';
import { eventually } from '../support/service.ts';
import { startSmtpServer } from './smtp-server.ts';
import { TENANT, tenantsWith } from './tenants.ts';

export { RECIPIENTS, TENANT } from './tenants.ts';

/** As silent as a test should be; `TEST_LOG=debug` tells all. What was said is kept, for what must not be in it. */
export const logged: string[] = [];
export const logger: Logger = pino(
  { level: 'debug', base: null },
  {
    write(line: string) {
      logged.push(line);
      if (process.env.TEST_LOG) process.stderr.write(line);
    },
  },
);

/** A real event store, a real Postgres, a real SMTP server; one for each test file. */
export async function startScene() {
  logged.length = 0; // of the file before, in the same worker
  const [eventStore, database, smtp] = await Promise.all([
    startRestorableStore(),
    createTestDatabase(),
    startSmtpServer(),
  ]);
  const log = patientLog(eventStore.url);
  const pool = new pg.Pool({ connectionString: database.url, max: 3 });
  pool.on('error', () => {});
  const running = new Set<TicketMail>();
  const tenants = tenantsWith();
  const needed: string[] = [];

  const append = async (stream: string, type: string, data: object, metadata: object): Promise<bigint> => {
    for (;;) {
      const events = await log.read(stream);
      const last = events.at(-1);
      const id = uuidOf(stream, type, JSON.stringify(data));
      if (events.some((event) => event.id === id)) return last!.position; // a redelivery
      const appended = await log.append(stream, last?.revision ?? 'no_stream', [
        {
          id,
          type,
          data: data as JsonObject,
          metadata: {
            ...{ tenantId: TENANT, source: 'webhook', receivedAt: '2026-01-01T10:00:00.000Z', $correlationId: 'c' },
            ...metadata,
          } as JsonObject,
        },
      ]);
      if (appended.outcome === 'appended') return appended.position!;
    }
  };

  return {
    log,
    pool,
    smtp,
    tenants,
    eventStore,
    databaseUrl: database.url,
    /** Ends what a test has started, and how its mail server answers. */
    async reset() {
      for (const kind of ['recipient', 'data', 'hold'] as const) delete smtp.refusals[kind];
      await this.stopAll();
    },
    /** A fact of a call, at a ticket endpoint unless told otherwise. */
    say: (callId: string, type: string, claims: object = {}, metadata: object = {}) =>
      append(
        callStream(TENANT, callId),
        type,
        { callId, ...(type === 'CallAnalyzed' && { analysed: true }), ...claims },
        { endpoint: 'retell-inbound-ticket', ...metadata },
      ),
    /** Calls that somebody is needed for. */
    async need(...callIds: readonly string[]): Promise<void> {
      for (const callId of callIds) {
        await this.say(callId, 'CallEnded');
        await this.say(callId, 'CallAnalyzed', REQUIRED);
      }
    },
    /** The calls of `needSomebody`. */
    needed,
    async needSomebody(): Promise<string> {
      const callId = `needs_somebody_${needed.length}`;
      needed.push(callId);
      await this.need(callId);
      return callId;
    },
    /** The record of these calls' only mail is that it was sent. */
    async allSent(...callIds: readonly string[]): Promise<void> {
      for (const callId of callIds) await soon(async () => expect(await this.record(callId)).toEqual([SENT]));
    },
    staff: (callId: string, status: string, note = '') =>
      append(
        ticketStream(TENANT, ticketIdOf(callId)),
        'TicketStatusSet',
        { callId, status, note },
        { source: 'command' },
      ),
    /** What the ticket's own stream says of its mails, without the claims. */
    async record(callId: string): Promise<object[]> {
      const events = await log.read(ticketStream(TENANT, ticketIdOf(callId)));
      return events
        .filter(({ type }) => type.startsWith('TicketMail') && type !== 'TicketMailClaimed')
        .map(({ type, data }) => {
          const { opening, reason, refused } = data as { opening: number; reason?: string; refused?: unknown };
          const count = Array.isArray(refused) ? undefined : refused;
          return {
            type,
            opening,
            ...(reason !== undefined && { reason }),
            ...(count !== undefined && { refused: count }),
          };
        });
    },
    claims: async (callId: string) =>
      (await log.read(ticketStream(TENANT, ticketIdOf(callId)))).filter(({ type }) => type === 'TicketMailClaimed'),
    /** One process's part; started at once, with everything in a hurry. */
    start(options: Partial<TicketMailOptions> = {}): TicketMail {
      const mail = startTicketMail({
        log,
        tenants: tenants.directory,
        databaseUrl: database.url,
        smtpUrl: smtp.url,
        from: 'Call Ledger <ledger@calls.example>',
        waitSeconds: 120,
        logger,
        ...options,
        pace: {
          pollSeconds: 0.5,
          retrySeconds: 1,
          maxRetrySeconds: 1,
          standbyMs: 100,
          connectMs: 10_000,
          totalMs: 6000,
          leaseMarginMs: 1000,
          stopMs: 3000,
          ...options.pace,
        },
      });
      running.add(mail);
      return mail;
    },
    async stopAll() {
      await Promise.all([...running].map((mail) => mail.stop()));
      running.clear();
    },
    /** Waits until no mail about these calls is waiting or being sent, so that none comes afterwards. */
    noJobsLeft: (calls: readonly string[], jobs = pool) =>
      eventually(
        async () => {
          const open = `select 1 from pgboss.job where name = 'ticket-mail' and state < 'completed'
            and data ->> 'callId' = any($1)`;
          return (await jobs.query(open, [calls])).rowCount === 0;
        },
        { what: 'the end of every job' },
      ),
    /** As if Postgres had never been. */
    wipe: () => pool.query('drop schema if exists pgboss cascade; drop schema if exists reactions cascade'),
    async stop() {
      await this.stopAll();
      await smtp.stop();
      await pool.end();
      await log.close();
      await eventStore.stop();
      await database.drop();
    },
  };
}
export const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 60_000, interval: 50 });
export const caughtUp = (mail: TicketMail) => soon(() => expect(mail.status().caughtUp).toBe(true));
export const SENT = { type: 'TicketMailSent', opening: 1 };

export type Scene = Awaited<ReturnType<typeof startScene>>;

/** The analysis that says that somebody is needed. */
export const REQUIRED = { flags: { action_required: 'true' } };
export const NOT_REQUIRED = { flags: { action_required: 'false' } };
