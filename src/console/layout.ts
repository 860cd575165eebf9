import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { asset } from './assets.ts';
import { type ConsoleContext, type ConsoleEnv, mayWrite } from './console-env.ts';
import type { Form } from './forms.ts';
import { type Html, nothing } from './parts.ts';
import { doneSentence } from './words.ts';

/** Every other page is below it. */
const OVERVIEW = '/console';
const pages = [
  [OVERVIEW, 'Overview'],
  ['/console/calls', 'Calls'],
  ['/console/appointments', 'Appointments'],
  ['/console/tickets', 'Tickets'],
  ['/console/customers', 'Customers'],
] as const;
const operations = ['/console/operations', 'Operations'] as const;

/** htmx takes nothing from elsewhere, runs nothing that a page says, and keeps no copies of pages in the browser. */
const HTMX = JSON.stringify({
  ...{ includeIndicatorStyles: false, allowEval: false, allowScriptTags: false, selfRequestsOnly: true },
  ...{ historyEnabled: false, historyCacheSize: 0, refreshOnHistoryMiss: true },
});

const document = (title: string, body: Html): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="htmx-config" content="${HTMX}">
<title>${title} · Call Ledger</title>
<link rel="icon" type="image/svg+xml" href="${asset('icon.svg')}">
<link rel="stylesheet" href="${asset('uplot.css')}">
<link rel="stylesheet" href="${asset('console.css')}">
<script defer src="${asset('htmx.js')}"></script>
<script defer src="${asset('uplot.js')}"></script>
<script defer src="${asset('console.js')}"></script>
</head>
${body}
</html>`;

/** A page for somebody who is not signed in. */
export const bare = (title: string, content: Html): Html =>
  document(
    title,
    html`<body class="bare">
<main id="main"><h1>${title}</h1>${content}</main>
</body>`,
  );

/** Links, of which the most exact to where one is is marked. */
export const links = (at: string, all: readonly (readonly [to: string, text: string])[]): Html => {
  const here = all.map(([to]) => to).filter((to) => at === to || (to !== OVERVIEW && at.startsWith(`${to}/`)));
  const nearest = here.sort((a, b) => b.length - a.length)[0];
  return html`<ul>${all.map(([to, text]) => html`<li><a href="${to}"${to === nearest ? html` aria-current="page"` : ''}>${text}</a></li>`)}</ul>`;
};
const lagText = (lag: string | undefined) => {
  if (lag === undefined) return nothing;
  if (lag === 'unknown') return 'not known how far behind';
  return Number(lag) < 1 ? 'up to date' : `${Math.round(Number(lag))} s behind`;
};

/** A page of the console, with its navigation. */
export function page(c: ConsoleContext, title: string, content: Html): Html {
  const { tenant, admin } = c.var;
  const at = c.req.path;
  const lag = lagText(c.get('lag'));
  const done = doneSentence(c.req.query('done'));
  return document(
    title,
    html`<body${tenant ? html` data-live="/console/live"` : ''}>
<a class="skip" href="#main">Skip to the content</a>
<header>
<p class="brand">Call Ledger</p>
<nav aria-label="Main">${links(at, [...pages, ...(admin ? [operations] : [])])}</nav>
${
  tenant
    ? html`<form class="search" method="post" action="/console/search" role="search">
<label class="unseen" for="q">Search by number or id</label>
<input id="q" name="q" type="search" placeholder="Number or id" required maxlength="512" size="13" autocomplete="off"><button>Search</button></form>`
    : nothing
}
<div class="who">
${tenant ? html`<span>${tenant.me.tenantName ?? tenant.me.tenantId}</span>` : nothing}
${admin ? html`<span>${admin.me.keyName}</span>` : nothing}
${lag ? html`<span id="lag">${lag}</span>` : nothing}
${tenant ? html`<span id="live" role="status"></span>` : nothing}
<form method="post" action="/console/sign-out" class="inline"><button>Sign out</button></form>
</div>
</header>
<main id="main" tabindex="-1">
${done === undefined ? nothing : html`<p class="notice good" role="status">${done}</p>`}
${content}
</main>
<footer><p>Times are in ${at.startsWith(operations[0]) ? 'UTC' : (tenant?.me.timeZone ?? 'UTC')}. ${mayWrite(c) ? html`<a href="/console/endpoints">Webhook endpoints</a> · ` : nothing}<a href="/guide">Documents</a> · <a href="/docs">API</a></p></footer>
</body>`,
  );
}

/** Adds a page: its content is made of what the API answers to those who are signed in. */
export function show<P extends string>(
  app: Hono<ConsoleEnv>,
  at: P,
  title: string,
  content: (c: Context<ConsoleEnv, P>) => Html | Promise<Html>,
  frame: typeof page = page,
): void {
  app.get(at, async (c) => c.html(frame(c, title, await content(c))));
}

/** Adds what a form does: the API is asked to do it, and the browser led to the page that shows the result. */
export function act<P extends string>(
  app: Hono<ConsoleEnv>,
  at: P,
  action: (c: Context<ConsoleEnv, P>, form: Form) => Promise<string>,
): void {
  app.post(at, async (c) => c.redirect(await action(c, await c.req.parseBody({ all: true })), 303));
}
