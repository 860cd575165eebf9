import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Kysely } from 'kysely';
import type { Authenticate, CallerEnv } from '../http/bearer.ts';
import { failures } from '../http/failures.ts';
import { badRequest, problem } from '../http/problem.ts';
import type { ReadModel } from '../projections/tables.ts';
import { getAppointment, listAppointments } from './appointments.ts';
import { type AsOf, ReadModelBehind } from './as-of.ts';
import { getCallSession } from './call-session.ts';
import { listCallSessions } from './call-sessions.ts';
import { getCustomer, listCustomers } from './customers.ts';
import { listDeliveries } from './deliveries.ts';
import { getHistories, type Histories } from './history.ts';
import { getSummary, type TimeZoneOf } from './summary.ts';
import { asTenant, type QueryApp, type ReadModelLag } from './tenant-reads.ts';
import { getTicket, listTickets } from './tickets.ts';

export type QueryDependencies = {
  /** Over a pool of `createReadPool`, whose limits keep a request from hanging. */
  readonly db: Kysely<ReadModel>;
  readonly authenticate: Authenticate;
  readonly histories: Histories;
  readonly asOf: AsOf;
  readonly timeZoneOf: TimeZoneOf;
  readonly lag: ReadModelLag;
};

/** The query API (C6): GET only, one tenant at a time. Mount it at the root: its paths are whole. */
export function queryRoutes({ db, authenticate, histories, asOf, timeZoneOf, lag }: QueryDependencies): QueryApp {
  const tenant = asTenant(db, authenticate, lag);
  const app: QueryApp = new OpenAPIHono<CallerEnv>({ defaultHook: badRequest });
  listCallSessions(app, tenant);
  getCallSession(app, tenant, asOf.callSession);
  getHistories(app, tenant, histories);
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

const failed = failures(undefined, 'What was known from there on cannot be told; before it, `at` answers as ever.');

/** For `app.onError(unavailable)` of what is read: `failures`, and a read model that is behind the moment asked for. */
export const unavailable = (error: Error, c: Context): Response =>
  error instanceof ReadModelBehind
    ? problem(c, 503, 'read_model_unavailable', { detail: error.message, headers: { 'retry-after': '2' } })
    : failed(error, c);
