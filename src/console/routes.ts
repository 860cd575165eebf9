import { Hono, type MiddlewareHandler } from 'hono';
import { csrf } from 'hono/csrf';
import { html } from 'hono/html';
import { PROBLEM } from '../http/problem.ts';
import { limitedBody } from '../http/request-body.ts';
import type { Me } from '../read-api/me.ts';
import { type Answer, type Api, apiWith, Refused } from './api.ts';
import { answerAsset } from './assets.ts';
import { type ConsoleContext, type ConsoleEnv, tenantOf } from './console-env.ts';
import { bare } from './layout.ts';
import { appointmentPages } from './pages/appointments.ts';
import { callPages } from './pages/calls.ts';
import { customerPages } from './pages/customers.ts';
import { endpointPages } from './pages/endpoints.ts';
import { erasurePages } from './pages/erasures.ts';
import { operationPages } from './pages/operations/index.ts';
import { overviewPage } from './pages/overview.ts';
import { searchPage } from './pages/search.ts';
import { ticketPages } from './pages/tickets.ts';
import { errorPage, notFoundPage, signInForm, unexpectedPage } from './problems.ts';
import type { SessionKeys, Sessions } from './session.ts';

export type ConsoleDependencies = {
  /** The root application, whose API the console is a client of. */
  readonly answer: Answer;
  readonly sessions: Sessions;
  /** Whether the browser's connection is TLS, by TRUST_PROXY. */
  readonly isSecure: (c: ConsoleContext) => boolean;
};

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const headers: MiddlewareHandler = async (c, next) => {
  c.header('content-security-policy', policy);
  c.header('referrer-policy', 'no-referrer');
  c.header('cache-control', 'no-store');
  await next();
  // An unexpected error is the root application's, which has logged it; a body that is too large is the limit's.
  const isProblem = c.res.headers.get('content-type')?.startsWith(PROBLEM);
  if (isProblem && c.req.path !== '/console/live') c.res = await unexpectedPage(c);
};

/** A page of ours to go on to, and nothing else. */
const pageOfOurs = (next: unknown): string => {
  const isOurs = typeof next === 'string' && /^\/console(\/|$)/.test(next) && !next.startsWith('/console/sign-');
  return isOurs && URL.parse(next, 'http://localhost')?.pathname === next ? next : '/console';
};

const endings: Readonly<Record<string, string>> = {
  key: 'Your key has been revoked, or is unknown by now. The session has ended with it.',
  time: 'The session has ended. Sign in again.',
  out: 'You are signed out.',
};

/** `/console`: pages for people, server-rendered from what the API answers to the keys of a session. */
export function consoleRoutes({ answer, sessions, isSecure }: ConsoleDependencies): Hono<ConsoleEnv> {
  const app = new Hono<ConsoleEnv>();
  app.onError(errorPage);
  app.get('/console/assets/:digest/:name', (c) => {
    const { digest, name } = c.req.param();
    return answerAsset(c, digest, name) ?? c.notFound();
  });
  app.use('/console/*', headers, csrf(), limitedBody);

  const askWho = (api: Api): Promise<Me | undefined> =>
    api.get<Me>('/api/me').catch((error: unknown) => {
      if (error instanceof Refused && error.problem.status === 401) return undefined;
      throw error;
    });

  const signInPage = (next: string, notice?: string) =>
    bare(
      'Sign in',
      html`${notice === undefined ? '' : html`<p class="notice" role="alert">${notice}</p>`}
<p>An API key shows the calls of its tenant. An admin key shows how the service is doing, and no tenant's calls; sign in with both to have both.</p>
${signInForm(next)}
<p class="faint">After <code>npm start</code> both are in <code>data/credentials.env</code>.</p>`,
    );

  app.get('/console/sign-in', (c) =>
    c.html(signInPage(pageOfOurs(c.req.query('next')), endings[c.req.query('ended') ?? ''])),
  );
  app.post('/console/sign-in', async (c) => {
    const form = await c.req.parseBody();
    const key = typeof form.key === 'string' ? form.key.trim() : '';
    const next = pageOfOurs(form.next);
    // What cannot be sent in a header is no key.
    const me = /^[\x21-\x7e]{1,512}$/.test(key) ? await askWho(apiWith(answer, key, c)) : undefined;
    if (me === undefined) return c.html(signInPage(next, 'This key is unknown, or has been revoked.'), 401);
    const { expiresAt: _, ...kept } = sessions.read(c) ?? { expiresAt: 0 };
    sessions.write(c, { ...kept, [me.kind === 'tenant' ? 'apiKey' : 'adminKey']: key }, isSecure(c));
    return c.redirect(
      next === '/console' && me.kind === 'administrator' && !kept.apiKey ? '/console/operations' : next,
      303,
    );
  });
  app.post('/console/sign-out', (c) => {
    sessions.end(c);
    return c.redirect('/console/sign-in?ended=out', 303);
  });

  const toSignIn = (c: ConsoleContext, ended?: 'key' | 'time') => {
    sessions.end(c);
    const next = c.req.method === 'GET' && c.req.path !== '/console/live' ? c.req.path : '/console';
    const to = `/console/sign-in?${new URLSearchParams({ ...(ended && { ended }), next })}`;
    // A part of a page cannot become a page.
    if (c.req.header('hx-request') === 'true') return c.body(null, 401, { 'hx-redirect': to });
    return c.req.path === '/console/live' ? c.body(null, 401) : c.redirect(to, 303);
  };

  const signedIn: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
    const session = sessions.read(c);
    if (session === undefined) return toSignIn(c, sessions.had(c) ? 'time' : undefined);
    const { apiKey, adminKey }: SessionKeys = session;
    for (const key of [apiKey, adminKey]) {
      if (key === undefined) continue;
      const api = apiWith(answer, key, c);
      const me = await askWho(api);
      if (me === undefined) return toSignIn(c, 'key');
      if (me.kind === 'tenant') c.set('tenant', { me, api });
      else c.set('admin', { me, api });
    }
    return next();
  };
  app.use('/console/*', signedIn);

  // The live feed of the API, for a browser, which has the key in its cookie alone.
  app.get('/console/live', (c) => {
    const last = c.req.header('last-event-id');
    return tenantOf(c).api.raw('/api/live', last ? { 'last-event-id': last } : {});
  });
  overviewPage(app);
  callPages(app);
  appointmentPages(app);
  ticketPages(app);
  customerPages(app);
  searchPage(app);
  endpointPages(app);
  erasurePages(app);
  operationPages(app);
  app.all('/console/*', notFoundPage);
  return app;
}

/** `/console` in a process that shows nothing. */
export function consoleElsewhere(roles: readonly string[]): Hono<ConsoleEnv> {
  const app = new Hono<ConsoleEnv>();
  const text = `This process does not serve the console: its roles are ${roles.join(', ')}. Open it at a process with the role serve.`;
  app.all('/console/*', headers, (c) => c.html(bare('Not here', html`<p>${text}</p>`), 404));
  return app;
}
