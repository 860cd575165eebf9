import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { ConsoleContext, ConsoleEnv } from '../../console-env.ts';
import { links, page, show } from '../../layout.ts';
import type { Html } from '../../parts.ts';

const pages = [
  ['/console/operations', 'State'],
  ['/console/operations/set-aside', 'Set aside'],
  ['/console/operations/coverage', 'Coverage'],
  ['/console/operations/webhooks', 'Webhooks'],
  ['/console/operations/endpoints', 'Endpoints'],
  ['/console/operations/tenants', 'Tenants'],
  ['/console/operations/admin-keys', 'Admin keys'],
  ['/console/operations/erasures', 'Erasures'],
  ['/console/operations/audit', 'Audit'],
] as const;

/** A page of the operations, with what leads to the others. */
export const operationsPage = (c: ConsoleContext, title: string, content: Html): Html =>
  page(
    c,
    title,
    html`<nav aria-label="Operations" class="sub">${links(c.req.path, pages)}</nav>
<h1>${title}</h1>${content}`,
  );

/** `GET` of such a page. */
export const showOperations = <P extends string>(
  app: Hono<ConsoleEnv>,
  at: P,
  title: string,
  content: (c: Context<ConsoleEnv, P>) => Promise<Html>,
): void => show(app, at, title, content, operationsPage);
