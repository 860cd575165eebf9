import type { Context, Hono, MiddlewareHandler } from 'hono';
import { html } from 'hono/html';
import type { Me } from '../read-api/me.ts';
import { type Answer, type Api, apiWith, orElse } from './api.ts';
import type { ConsoleContext, ConsoleEnv } from './console-env.ts';
import { typed } from './forms.ts';
import { bare } from './layout.ts';
import { nothing } from './parts.ts';
import { signInForm } from './problems.ts';
import type { Sessions } from './session.ts';

export type SignInDependencies = {
  /** The root application, whose API the console is a client of. */
  readonly answer: Answer;
  readonly sessions: Sessions;
  /** Whether the browser's connection is TLS, by TRUST_PROXY. */
  readonly isSecure: (c: ConsoleContext) => boolean;
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

const signInPage = (next: string, notice?: string) =>
  bare(
    'Sign in',
    html`${notice === undefined ? nothing : html`<p class="notice" role="alert">${notice}</p>`}
<p>An API key shows the calls of its tenant. An admin key shows how the service is doing, and no tenant's calls; sign in with both to have both.</p>
${signInForm(next)}
<p class="faint">After <code>npm start</code> both are in <code>data/credentials.env</code>.</p>`,
  );

/** Undefined: the key is unknown, or has been revoked. */
const askWho = (api: Api): Promise<Me | undefined> =>
  orElse(api.get<Me>('/api/me'), ({ status }) => status === 401, undefined);

/** `/console/sign-in` and `/console/sign-out`, open to all. */
export function signInPages(app: Hono<ConsoleEnv>, { answer, sessions, isSecure }: SignInDependencies): void {
  app.get('/console/sign-in', (c) =>
    c.html(signInPage(pageOfOurs(c.req.query('next')), endings[c.req.query('ended') ?? ''])),
  );
  app.post('/console/sign-in', async (c) => {
    const form = await c.req.parseBody();
    const key = typed(form.key) ?? '';
    const next = pageOfOurs(form.next);
    // What cannot be sent in a header is no key.
    const me = /^[\x21-\x7e]{1,512}$/.test(key) ? await askWho(apiWith(answer, key, c)) : undefined;
    if (me === undefined) return c.html(signInPage(next, 'This key is unknown, or has been revoked.'), 401);
    const { expiresAt: _, ...kept } = sessions.read(c) ?? { expiresAt: 0 };
    sessions.write(c, { ...kept, [me.kind === 'tenant' ? 'apiKey' : 'adminKey']: key }, isSecure(c));
    const isOperator = me.kind === 'administrator' && !kept.apiKey;
    return c.redirect(next === '/console' && isOperator ? '/console/operations' : next, 303);
  });
  app.post('/console/sign-out', (c) => {
    sessions.end(c);
    return c.redirect('/console/sign-in?ended=out', 303);
  });
}

function toSignIn(c: Context, sessions: Sessions, ended?: 'key' | 'time'): Response {
  sessions.end(c);
  const next = c.req.method === 'GET' && c.req.path !== '/console/live' ? c.req.path : '/console';
  const to = `/console/sign-in?${new URLSearchParams({ ...(ended && { ended }), next })}`;
  // A part of a page cannot become a page.
  if (c.req.header('hx-request') === 'true') return c.body(null, 401, { 'hx-redirect': to });
  return c.req.path === '/console/live' ? c.body(null, 401) : c.redirect(to, 303);
}

/** Asks at each request whose the keys of the session are, so that a revoked key ends it. */
export const signedIn =
  ({ answer, sessions }: SignInDependencies): MiddlewareHandler<ConsoleEnv> =>
  async (c, next) => {
    const session = sessions.read(c);
    if (session === undefined) return toSignIn(c, sessions, sessions.had(c) ? 'time' : undefined);
    for (const key of [session.apiKey, session.adminKey]) {
      if (key === undefined) continue;
      const api = apiWith(answer, key, c);
      const me = await askWho(api);
      if (me === undefined) return toSignIn(c, sessions, 'key');
      if (me.kind === 'tenant') c.set('tenant', { me, api });
      else c.set('admin', { me, api });
    }
    return next();
  };
