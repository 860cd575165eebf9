import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { CallerEnv } from '../http/bearer.ts';
import { failures } from '../http/failures.ts';
import { badRequest, problem } from '../http/problem.ts';
import { inTurn, tenantShare } from '../http/tenant-share.ts';
import { getAppointment, listAppointments } from './appointments.ts';
import { type AsOf, ReadModelBehind } from './as-of.ts';
import { getCallSession } from './call-session.ts';
import { listCallSessions } from './call-sessions.ts';
import { getCustomer, listCustomers } from './customers.ts';
import { listDeliveries } from './deliveries.ts';
import { getHistories, type Histories } from './history.ts';
import { getHourlySummary, getSummary, type TimeZoneOf } from './summary.ts';
import { asTenant, type QueryApp, type TenantAccess } from './tenant-reads.ts';
import { getTicket, listTickets } from './tickets.ts';

/** `db`: over a pool of `createReadPool`, whose limits keep a request from hanging. */
export type QueryDependencies = TenantAccess & {
  readonly histories: Histories;
  readonly asOf: AsOf;
  readonly timeZoneOf: TimeZoneOf;
};

/** Requests for the past that are folded from the log at once: each may need much of it. */
const PASTS_AT_ONCE = 4;

/** The query API (C6): GET only, one tenant at a time. Mount it at the root: its paths are whole. */
export function queryRoutes({ histories, asOf, timeZoneOf, ...access }: QueryDependencies): QueryApp {
  const tenant = asTenant(access);
  const past = tenantShare(PASTS_AT_ONCE);
  const told =
    <Of extends { readonly tenantId: string }, Page, Told>(history: (of: Of, page: Page) => Promise<Told>) =>
    (of: Of, page: Page) =>
      inTurn(past, () => history(of, page))(of.tenantId);
  const app: QueryApp = new OpenAPIHono<CallerEnv>({ defaultHook: badRequest });
  listCallSessions(app, tenant);
  getCallSession(app, tenant, inTurn(past, asOf.callSession));
  const { session, appointment, ticket } = histories;
  getHistories(app, tenant, { session: told(session), appointment: told(appointment), ticket: told(ticket) });
  listDeliveries(app, tenant);
  listAppointments(app, tenant);
  getAppointment(app, tenant, inTurn(past, asOf.appointment));
  listTickets(app, tenant);
  getTicket(app, tenant, inTurn(past, asOf.ticket));
  listCustomers(app, tenant);
  getCustomer(app, tenant);
  getSummary(app, tenant, timeZoneOf);
  getHourlySummary(app, tenant);
  app.onError(unavailable);
  return app;
}

const failed = failures(undefined, 'What was known from there on cannot be told; before it, `at` answers as ever.');

/** For `app.onError(unavailable)` of what is read: `failures`, and a read model that is behind the moment asked for. */
export const unavailable = (error: Error, c: Context): Response =>
  error instanceof ReadModelBehind
    ? problem(c, 503, 'read_model_unavailable', { detail: error.message, headers: { 'retry-after': '2' } })
    : failed(error, c);
