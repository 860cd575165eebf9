import { Hono, type MiddlewareHandler } from 'hono';
import { csrf } from 'hono/csrf';
import { html } from 'hono/html';
import { PROBLEM } from '../http/problem.ts';
import { limitedBody } from '../http/request-body.ts';
import { answerAsset } from './assets.ts';
import { type ConsoleEnv, tenantOf } from './console-env.ts';
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
import { errorPage, notFoundPage, unexpectedPage } from './problems.ts';
import { type SignInDependencies, signedIn, signInPages } from './sign-in.ts';

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

/** `/console`: pages for people, server-rendered from what the API answers to the keys of a session. */
export function consoleRoutes(dependencies: SignInDependencies): Hono<ConsoleEnv> {
  const app = new Hono<ConsoleEnv>();
  app.onError(errorPage);
  app.get('/console/assets/:digest/:name', (c) => {
    const { digest, name } = c.req.param();
    return answerAsset(c, digest, name) ?? c.notFound();
  });
  app.use('/console/*', headers, csrf(), limitedBody);
  signInPages(app, dependencies);
  app.use('/console/*', signedIn(dependencies));

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
