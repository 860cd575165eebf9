import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { appointmentRoutes } from '../../src/commands/appointments.ts';
import { archiveRoutes } from '../../src/commands/archive.ts';
import { COMMANDS_AT_ONCE } from '../../src/commands/command-routes.ts';
import { ticketRoutes } from '../../src/commands/tickets.ts';
import { type EventLog, EventStoreUnavailable } from '../../src/events/event-log.ts';
import { parseStream } from '../../src/events/streams.ts';

/** Whose stream each read is of; none is answered before `answer`. */
function silentLog() {
  const reads: (string | undefined)[] = [];
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const read = (stream: string) => {
    reads.push(parseStream(stream)?.tenantId);
    return promise;
  };
  return { reads, log: { read } as unknown as EventLog, answer: () => reject(new EventStoreUnavailable('away')) };
}

/** The key is the tenant's name. */
const authenticate = (key: string) => ({ tenantId: key, keyId: key, scopes: ['write'] as const });
const notShown = async () => undefined;
const logger = pino({ level: 'silent' });

test.each<[string, string, (log: EventLog) => { request: ReturnType<typeof appointmentRoutes>['request'] }]>([
  ['PUT', '/api/appointments/a', (log) => appointmentRoutes({ log, authenticate, logger, appointmentAfter: notShown })],
  ['POST', '/api/tickets/tkt_a/status', (log) => ticketRoutes({ log, authenticate, logger, ticketAfter: notShown })],
  [
    'POST',
    '/api/call-sessions/call:a/archive',
    (log) => archiveRoutes({ log, authenticate, logger, callsOfSession: async () => ['a'], sessionAfter: notShown }),
  ],
])(
  '%s %s: a tenant with many at once waits for itself, and another one is decided at once',
  async (method, path, routesOn) => {
    const { reads, log, answer } = silentLog();
    const routes = routesOn(log);
    const ask = (tenant: string) =>
      routes.request(path, {
        ...{ method, headers: { authorization: `Bearer ${tenant}`, 'content-type': 'application/json' } },
        body: JSON.stringify({ status: path.includes('tickets') ? 'closed' : 'cancelled' }),
      }) as Promise<Response>;
    const asked = Array.from({ length: 3 * COMMANDS_AT_ONCE }, () => ask('hostile'));
    await sleep(50);
    asked.push(ask('other'));
    await expect.poll(() => reads.includes('other')).toBe(true);
    expect(reads.filter((tenant) => tenant === 'hostile')).toHaveLength(COMMANDS_AT_ONCE / 2);
    answer();
    expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([503]));
  },
);
