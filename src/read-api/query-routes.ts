import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Kysely } from 'kysely';
import { UnreadableFact } from '../events/codec.ts';
import { type EventStoreUnavailable, StreamDeleted } from '../events/event-log.ts';
import type { Authenticate, CallerEnv } from '../http/bearer.ts';
import { badRequest, problem, streamDeleted, unreadableFact } from '../http/problem.ts';
import type { ReadModel } from '../projections/tables.ts';
import { getAppointment, listAppointments } from './appointments.ts';
import { type AsOf, ReadModelBehind } from './as-of.ts';
import { getCallSession, listCallSessions } from './call-sessions.ts';
import { getCustomer, listCustomers } from './customers.ts';
import { listDeliveries } from './deliveries.ts';
import { getHistory, type ReadHistory } from './history.ts';
import { isReadModelUnavailable } from './read-pool.ts';
import { getSummary, type TimeZoneOf } from './summary.ts';
import { asTenant, type QueryApp } from './tenant-reads.ts';
import { getTicket, listTickets } from './tickets.ts';

export type QueryDependencies = {
  /** Over a pool of `createReadPool`, whose limits keep a request from hanging. */
  readonly db: Kysely<ReadModel>;
  readonly authenticate: Authenticate;
  readonly history: ReadHistory;
  readonly asOf: AsOf;
  readonly timeZoneOf: TimeZoneOf;
};

/** The query API (C6): GET only, one tenant at a time. Mount it at the root: its paths are whole. */
export function queryRoutes({ db, authenticate, history, asOf, timeZoneOf }: QueryDependencies): QueryApp {
  const tenant = asTenant(db, authenticate);
  const app: QueryApp = new OpenAPIHono<CallerEnv>({ defaultHook: badRequest });
  listCallSessions(app, tenant);
  getCallSession(app, tenant, asOf.callSession);
  getHistory(app, tenant, history);
  listDeliveries(app, tenant);
  listAppointments(app, tenant);
  getAppointment(app, tenant, asOf.appointment);
  listTickets(app, tenant);
  getTicket(app, tenant, asOf.ticket);
  listCustomers(app, tenant);
  getCustomer(app, tenant);
  getSummary(app, tenant, timeZoneOf);
  app.onError(unavailable);
  return app;
}

const EVENT_STORE_UNAVAILABLE: EventStoreUnavailable['name'] = 'EventStoreUnavailable';

/** A store that does not answer is 503, a fact that cannot be read 409, one that was deleted 410; else it is the root application's (unhandled.ts). */
export function unavailable(error: Error, c: Context): Response {
  const headers = { 'retry-after': '2' };
  if (error.name === EVENT_STORE_UNAVAILABLE)
    return problem(c, 503, 'event_store_unavailable', { detail: 'The event store does not answer.', headers });
  if (error instanceof ReadModelBehind)
    return problem(c, 503, 'read_model_unavailable', { detail: error.message, headers });
  if (error instanceof UnreadableFact)
    return unreadableFact(c, error, 'What was known from there on cannot be told; before it, `at` answers as ever.');
  if (error instanceof StreamDeleted) return streamDeleted(c);
  if (isReadModelUnavailable(error))
    return problem(c, 503, 'read_model_unavailable', { detail: 'The read model cannot be read now.', headers });
  throw error;
}
