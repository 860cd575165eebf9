// What the tests of placing calls share: the command over HTTP, as one process serves it.
import { OpenAPIHono } from '@hono/zod-openapi';
import { pino } from 'pino';
import { type CallRoutesDeps, callRoutes } from '../../../src/commands/calls/call-routes.ts';
import { resolveOpenRequests } from '../../../src/commands/calls/open-requests.ts';
import { openPlacements } from '../../../src/commands/calls/placements.ts';
import { type RetellApi, retellApi } from '../../../src/commands/calls/retell-api.ts';
import type { PlacementTimes } from '../../../src/commands/calls/session-record.ts';
import { roles } from '../../../src/config.ts';
import type { EventLog } from '../../../src/events/event-log.ts';
import type { Caller } from '../../../src/http/bearer.ts';
import { listen } from '../../../src/listen.ts';
import { answerUnhandled } from '../../../src/read-api/unhandled.ts';
import type { Tenant } from '../../../src/tenants/tenant.ts';

const callers: Readonly<Record<string, Caller>> = {
  writes: { tenantId: 'default', keyId: 'key-1', scopes: ['write'] },
  reads: { tenantId: 'default', keyId: 'key-2', scopes: ['read'] },
  acme: { tenantId: 'acme', keyId: 'key-3', scopes: ['write'] },
  calls: { tenantId: 'default', keyId: 'key-5', scopes: ['call'] },
  poor: { tenantId: 'poor', keyId: 'key-4', scopes: ['write'] },
};
const settings = { default: { defaultRegion: 'GB' }, acme: {}, poor: {} };

/** Everything that takes seconds or minutes in life; no shorter than what a busy machine needs for an answer. */
export const fast: Partial<PlacementTimes> = {
  answerWithinMs: 5000,
  createTimeoutMs: 800,
  listTimeoutMs: 1000,
  settledAfterMs: 1500,
  lookEveryMs: [50, 100],
  lookForMs: 20_000,
  drainMs: 500,
};

export type Options = {
  readonly retellUrl: string;
  readonly apiKey?: string;
  readonly times?: Partial<PlacementTimes>;
  /** Stands between the service and Retell's API. */
  readonly between?: (api: RetellApi) => RetellApi;
  readonly sessionAfter?: CallRoutesDeps['sessionAfter'];
  /** Of every tenant. */
  readonly settings?: Tenant['settings'];
};

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever it is until the test has looked
  readonly body: any;
};

export async function postCall(
  url: string,
  body: unknown,
  { key = 'writes', idempotencyKey }: { key?: string; idempotencyKey?: string | undefined } = {},
): Promise<Answer> {
  const response = await fetch(`${url}/api/calls`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export async function callsService(log: EventLog, options: Options) {
  const { retellUrl, apiKey = 'key_of_the_emulator', between = (api) => api } = options;
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const api = between(retellApi(apiKey, retellUrl));
  const retellOf = (tenantId: string) => (tenantId === 'poor' ? undefined : api);
  const placements = openPlacements({ log, retellOf, logger, times: { ...fast, ...options.times } });
  const app = new OpenAPIHono();
  answerUnhandled(app, logger, roles);
  app.route(
    '/',
    callRoutes({
      log,
      authenticate: (key) => callers[key],
      tenants: { get: (id) => ({ settings: options.settings ?? settings[id as keyof typeof settings] }) as Tenant },
      retellOf,
      placements,
      sessionAfter: options.sessionAfter ?? (async () => undefined),
      logger,
    }),
  );
  const { url, close } = await listen(app, '127.0.0.1', 0);
  const stopped = new AbortController();
  return {
    url,
    app,
    placements,
    logged: () => lines.join(''),
    post: (body: unknown, who?: Parameters<typeof postCall>[2]) => postCall(url, body, who),
    resolve: () => resolveOpenRequests({ log, placements, logger, signal: stopped.signal }),
    async close() {
      await placements.drain();
      stopped.abort();
      await close();
    },
  };
}
export type CallsService = Awaited<ReturnType<typeof callsService>>;

export const code = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code];

let sessions = 0;
/** A session that no other test speaks of, and the body that asks for it. */
export const newRequest = (more: object = {}) => ({
  fromNumber: '+442079460018',
  toNumber: '+447700900123',
  callSessionId: `cs_${process.pid}_${++sessions}`,
  ...more,
});

export const factsOf = async (log: EventLog, sessionId: string, tenantId = 'default') =>
  (await log.read(`session-${tenantId}.${sessionId}`)).map(({ type, data }) => ({
    type,
    ...(data as Record<string, unknown>),
  }));
export const typesOf = async (log: EventLog, sessionId: string, tenantId = 'default') =>
  (await factsOf(log, sessionId, tenantId)).map(({ type }) => type);
