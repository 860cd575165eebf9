import { OpenAPIHono } from '@hono/zod-openapi';
import type { Env } from 'hono';
import type { Kysely } from 'kysely';
import { pino } from 'pino';
import { roles } from '../../src/config.ts';
import type { Authenticate, Caller } from '../../src/http/bearer.ts';
import type { ReadModel } from '../../src/projections/tables.ts';
import type { AsOf } from '../../src/read-api/as-of.ts';
import type { Histories } from '../../src/read-api/history.ts';
import { queryRoutes } from '../../src/read-api/query-routes.ts';
import { answerUnhandled } from '../../src/read-api/unhandled.ts';

const keys: Readonly<Record<string, Caller>> = {
  'acme-reads': { tenantId: 'acme', keyId: '1', scopes: ['read'] },
  'acme-writes': { tenantId: 'acme', keyId: '2', scopes: ['write'] },
  'acme-idles': { tenantId: 'acme', keyId: '3', scopes: [] },
  'other-reads': { tenantId: 'other', keyId: '4', scopes: ['read'] },
};
export const authenticate: Authenticate = (key) => keys[key];

const nothingThen: AsOf = {
  callSession: async () => undefined,
  appointment: async () => undefined,
  ticket: async () => undefined,
};

const none = async () => ({ items: [], hasMore: false });
const noHistories: Histories = { session: none, appointment: none, ticket: none };

/** Tenant `other` has set none. */
const timeZoneOf = (tenantId: string) => (tenantId === 'acme' ? 'Europe/Berlin' : undefined);

/** The query API as the service mounts it, and a `get` that calls it with a key. */
export function queryApi(
  db: Kysely<ReadModel>,
  history: Partial<Histories> | Histories['session'] = {},
  asOf: AsOf = nothingThen,
  lag: () => number | null = () => 0,
) {
  const app = new OpenAPIHono();
  const log: string[] = [];
  answerUnhandled(app, pino({ level: 'error' }, { write: (line: string) => void log.push(line) }), roles);
  app.route(
    '/',
    queryRoutes({
      db,
      authenticate,
      histories: { ...noHistories, ...(typeof history === 'function' ? { session: history } : history) },
      asOf,
      timeZoneOf,
      lag,
    }),
  );
  return { app, log, get: getter(app) };
}

/** What the answers of these tests may hold; a test reads what its answer does hold. */
type Body = Readonly<Record<string, unknown>> & {
  readonly items: readonly (Readonly<Record<string, unknown>> & { readonly id: string })[];
  readonly nextCursor: string | null;
  readonly code: string;
  readonly errors: readonly { readonly path: string; readonly message: string }[];
};

const getter =
  <E extends Env>(app: OpenAPIHono<E>) =>
  async (path: string, key: string | null = 'acme-reads', headers: Record<string, string> = {}) => {
    const authorization = key === null ? {} : { authorization: `Bearer ${key}` };
    const response = await app.request(path, { headers: { ...authorization, ...headers } });
    const text = await response.text();
    const body = (text === '' ? {} : JSON.parse(text)) as Body;
    return { status: response.status, headers: response.headers, text, body };
  };
