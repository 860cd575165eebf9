import type { Context } from 'hono';
import { html } from 'hono/html';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Problem } from '../http/problem.ts';
import { Refused } from './api.ts';
import { type ConsoleContext, KeyMissing } from './console-env.ts';
import { bare, page } from './layout.ts';
import { type Html, nothing } from './parts.ts';

/** What is the matter, and what to do about it, by the API's code. */
const known: Readonly<Record<string, readonly [title: string, remedy: string]>> = {
  database_unavailable: [
    'The database does not answer',
    'Nothing is lost. Calls are still recorded. Try again in a moment.',
  ],
  event_store_unavailable: ['The event store does not answer', 'Nothing was changed. Try again in a moment.'],
  read_model_unavailable: ['Not that far yet', 'What is shown has not come so far yet. Try again in a moment.'],
  missing_scope: ['This key may not do that', 'Sign in with a key that has the scope.'],
  not_found: ['There is no such thing', 'It may belong to another tenant, or the address is mistyped.'],
  role_not_here: [
    'Another process does that',
    'The roles of this installation run in processes of their own. An operator can have the console reach them: CONSOLE_API_URL.',
  ],
  idempotency_key_reused: ['This form was sent already', 'Open the page again, and look at what has become of it.'],
  invalid_request: ['Something in it is not as it should be', 'Go back, correct it, and send it again.'],
  operation_under_way: ['Something is under way already', 'Wait for its end, or cancel it.'],
};

const problemPage = (c: ConsoleContext, problem: Problem): Html => {
  const [title, remedy] = known[problem.code] ?? [problem.title, nothing];
  return page(
    c,
    title,
    html`<h1>${title}</h1>
${problem.errors?.length ? nothing : html`<p>${problem.detail ?? nothing}</p>`}
${problem.errors?.length ? html`<ul>${problem.errors.map(({ path, message }) => html`<li>${path ? `${path}: ` : nothing}${message}</li>`)}</ul>` : nothing}
<p>${remedy}</p>
<p><a href="${c.req.method === 'GET' ? c.req.path : '/console'}">${c.req.method === 'GET' ? 'Try again' : 'To the overview'}</a></p>
<p class="faint">${problem.code}${c.get('requestId') ? html` · ${c.get('requestId')}` : nothing}</p>`,
  );
};

const keyForm = (c: ConsoleContext, kind: KeyMissing['kind']): Html => {
  const [title, text] =
    kind === 'tenant'
      ? [
          'No tenant is chosen',
          'An admin key sees no calls of any tenant. Sign in with an API key of a tenant as well; both stay in force.',
        ]
      : [
          'An admin key is needed',
          'An API key sees its own tenant only. Sign in with an admin key as well; both stay in force.',
        ];
  return page(
    c,
    title,
    html`<h1>${title}</h1><p>${text}</p>${signInForm(c.req.path, kind === 'tenant' ? 'API key' : 'Admin key')}`,
  );
};

/**
 * Makes a part of a page. Where it fails it says why, and the other parts are shown; only an ended session fails the
 * whole page.
 */
export async function part(make: () => Promise<Html | string>): Promise<Html | string> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.status === 401) throw error;
    const { code, title, detail } = error.problem;
    return html`<p class="notice warn">${known[code]?.[0] ?? title}. ${detail ?? nothing}</p>`;
  }
}

/** A key is typed into a form and goes into a sealed cookie, never into an address. */
export const signInForm = (next: string, text = 'API key or admin key'): Html =>
  html`<form method="post" action="/console/sign-in" class="stack">
<input type="hidden" name="next" value="${next}">
<label for="key">${text}</label>
<input id="key" name="key" type="password" required autocomplete="off" spellcheck="false" maxlength="512" autofocus>
<button class="primary">Sign in</button>
</form>`;

/** For `onError`: a page that says what is the matter. What is unknown goes to the root application, which logs it. */
export function errorPage(error: Error, c: ConsoleContext): Response | Promise<Response> {
  if (error instanceof KeyMissing) return c.html(keyForm(c, error.kind), 403);
  if (error instanceof Refused) {
    const { status } = error.problem;
    if (status === 503) c.header('retry-after', '2');
    return c.html(problemPage(c, error.problem), status as ContentfulStatusCode);
  }
  if (error instanceof HTTPException && error.status < 500) {
    const text = 'This request did not come from a page of the console. Open the page again.';
    return c.html(bare('Not taken', html`<p>${text}</p><p><a href="/console">To the overview</a></p>`), error.status);
  }
  throw error;
}

/** A problem that no page of the console has made, as a page. */
export async function unexpectedPage(c: Context): Promise<Response> {
  const { detail, title, status } = (await c.res.clone().json()) as Problem;
  const content = html`<p>${detail ?? nothing}</p><p><a href="/console">To the overview</a></p>`;
  return c.html(bare(status === 500 ? 'Something went wrong here' : title, content), status as ContentfulStatusCode);
}

export const notFoundPage = (c: ConsoleContext): Response | Promise<Response> =>
  c.html(page(c, 'No such page', html`<h1>No such page</h1><p><a href="/console">To the overview</a></p>`), 404);
