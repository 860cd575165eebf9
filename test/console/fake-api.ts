// The API as far as the console asks it, with answers of the API's own types, and what it was asked.

import { Hono } from 'hono';
import { consoleRoutes } from '../../src/console/routes.ts';
import { sessionsUnder } from '../../src/console/session.ts';
import { problem } from '../../src/http/problem.ts';
import type { Appointment, CallSession, Ticket } from '../../src/http/resources.ts';
import type { Customer } from '../../src/read-api/customers.ts';
import type { HistoryItem } from '../../src/read-api/history.ts';
import type { Me } from '../../src/read-api/me.ts';
import { sealingUnder } from '../../src/tenants/sealing.ts';

export const AT = '2026-03-01T10:00:00.000Z';

export const call = (with_: Partial<CallSession> = {}): CallSession => ({
  ...{ id: 'session-1', tenantId: 'acme', retellCallIds: ['call_1'], createdAt: AT, startedAt: AT },
  ...{ status: 'confirmed', statusReason: 'appointment_confirmed', transferred: false, archived: false },
  ...{ direction: 'outbound', customerPhone: '+4930222', lastEventAt: AT, revision: 2 },
  ...with_,
});
export const appointment = (with_: Partial<Appointment> = {}): Appointment => ({
  ...{ id: 'apt-1', tenantId: 'acme', status: 'confirmed', needsReview: false, notes: [], lastEventAt: AT },
  ...with_,
});
export const ticket = (with_: Partial<Ticket> = {}): Ticket => ({
  ...{ id: 'tkt_call_1', tenantId: 'acme', callId: 'call_1', sessionId: 'session-1', status: 'new', active: true },
  ...{ actionRequired: true, transferred: false, customerId: 'cus_1', statusReason: 'action_required' },
  ...{ setBy: 'rule', mail: 'not_sent', mailReason: 'no_smtp', createdAt: AT, lastEventAt: AT },
  ...with_,
});
export const customer = (with_: Partial<Customer> = {}): Customer => ({
  ...{ id: 'cus_1', tenantId: 'acme', phone: '+4930222', rawPhones: ['030 222'], name: 'Ada' },
  ...{ firstSeenAt: AT, lastSeenAt: AT, calls: 1 },
  ...with_,
});
export const fact = (with_: Partial<HistoryItem> = {}): HistoryItem => ({
  ...{ position: '10', revision: 1, type: 'CallEnded', occurredAt: AT, recordedAt: AT, source: 'webhook' },
  ...{ evidence: 'verified', changes: [{ field: 'status', from: 'pending', to: 'confirmed' }] },
  ...with_,
});

const holders: Readonly<Record<string, Me>> = {
  writes: {
    kind: 'tenant',
    keyId: 'w',
    tenantId: 'acme',
    tenantName: 'Acme',
    timeZone: 'Europe/Berlin',
    scopes: ['write'],
  },
  reads: { kind: 'tenant', keyId: 'r', tenantId: 'acme', timeZone: 'Europe/Berlin', scopes: ['read'] },
  administers: {
    ...{ kind: 'administrator', keyId: 'ADMIN_KEY', keyName: 'ADMIN_KEY' },
    scopes: ['tenants', 'operations', 'personal', 'audit', 'erasure'],
  },
};

const zeros = {
  ...{
    confirmed: 0,
    rescheduled: 0,
    cancelled: 0,
    voicemail: 0,
    no_answer: 0,
    busy: 0,
    failed: 0,
    answered: 0,
    pending: 0,
  },
};
const noDays = {
  timeZone: 'Europe/Berlin',
  days: [
    {
      date: '2026-03-01',
      calls: { byOutcome: { ...zeros, confirmed: 3 }, byDirection: { inbound: 0, outbound: 3, web: 0, unknown: 0 } },
      ...{ ticketsOpened: 0, appointmentsNeedingReview: 0 },
    },
  ],
};

type Json = Readonly<Record<string, unknown>>;
type Asked = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly key: string;
  readonly body: Json;
  readonly once: string | undefined;
  /** What of the page's own request it had. */
  readonly has: readonly string[];
};

/** `answers`: by `GET /api/path`, without the query; a function has the query. A list that is not given is empty. */
export function consoleOver(answers: Readonly<Record<string, object | ((query: URLSearchParams) => object)>> = {}) {
  const asked: Asked[] = [];
  const revoked = new Set<string>();
  let now = Date.parse(AT);
  const root = new Hono();
  root.onError((_, c) => problem(c, 500, 'internal_error', { detail: 'In the log it is 4711.' }));
  root.route(
    '/',
    consoleRoutes({
      answer: (request, env) => root.fetch(request, env),
      sessions: sessionsUnder(sealingUnder('a-master-key-for-the-test'), () => now),
      isSecure: (c) => c.req.header('x-tls') === 'yes',
    }),
  );
  root.get('/health/ready', (c) => c.json({ status: 'ok', checks: { postgres: { status: 'ok' } } }));
  root.all('/api/*', async (c) => {
    const key = c.req.header('authorization')?.slice('Bearer '.length) ?? '';
    const url = new URL(c.req.url);
    const { method } = c.req;
    const text = await c.req.text();
    const body = (text === '' ? {} : JSON.parse(text)) as Json;
    const once = c.req.header('idempotency-key');
    asked.push({ method, path: url.pathname, query: url.search, key, body, once, has: Object.keys(c.env ?? {}) });
    const me = revoked.has(key) ? undefined : holders[key];
    if (me === undefined) return problem(c, 401, 'unauthorized', { headers: { 'www-authenticate': 'Bearer' } });
    if (url.pathname === '/api/me') return c.json(me);
    const known = answers[`${method} ${url.pathname}`];
    if (typeof known === 'function') return c.json(known(url.searchParams));
    if (known instanceof Response) return known.clone();
    if (known) return c.json(known);
    if (url.pathname === '/api/summary') return c.json(noDays);
    if (url.pathname === '/api/summary/hours') return c.json({ hours: [] });
    if (url.pathname.endsWith('/history')) return c.json({ items: [], nextCursor: null });
    if (method === 'GET' && url.pathname.split('/').length === 3) return c.json({ items: [], nextCursor: null });
    return problem(c, 404, 'not_found', { detail: 'There is none.' });
  });

  const origin = 'http://localhost';
  const request = (path: string, { cookie, ...init }: RequestInit & { cookie?: string } = {}, env: object = {}) =>
    root.request(
      path,
      { ...init, headers: { origin, ...(cookie && { cookie }), ...(init.headers as Record<string, string>) } },
      env,
    );
  const post = (
    path: string,
    form: Readonly<Record<string, string>>,
    cookie?: string,
    headers: Record<string, string> = {},
  ) => request(path, { method: 'POST', body: new URLSearchParams(form), headers, ...(cookie && { cookie }) });
  /** The cookie of a session with these keys. */
  const signIn = async (...keys: readonly string[]): Promise<string> => {
    let cookie: string | undefined;
    for (const key of keys) {
      const answer = await post('/console/sign-in', { key }, cookie);
      cookie = answer.headers.get('set-cookie')?.split(';')[0];
    }
    return cookie!;
  };
  return {
    asked,
    request,
    post,
    signIn,
    revoke: (key: string) => void revoked.add(key),
    pass: (ms: number) => {
      now += ms;
    },
    /** A page's status and text. */
    page: async (path: string, cookie: string) => {
      const answer = await request(path, { cookie });
      return { status: answer.status, text: await answer.text() };
    },
  };
}

/** Shows a page over these answers, with this key unless others are named. */
export const pageOver =
  (key: string) =>
  async (path: string, answers: Parameters<typeof consoleOver>[0], ...keys: readonly string[]) => {
    const over = consoleOver(answers);
    const cookie = await over.signIn(...(keys.length > 0 ? keys : [key]));
    const { status, text } = await over.page(path, cookie);
    return { ...over, cookie, status, text, said: said(text) };
  };

/** What refuses in the place of an answer. */
export const refusal = (status: number, code: string, detail = ''): Response =>
  new Response(JSON.stringify({ type: 'about:blank', title: code, status, code, detail }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });

/** A list's only page. */
export const list = (...items: readonly object[]) => ({ items, nextCursor: null });

/** What a page says, without its marks and with single blanks. */
export const said = (html: string) =>
  html
    .replace(/<head>[\s\S]*<\/head>|<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replace(/\s+/g, ' ');
