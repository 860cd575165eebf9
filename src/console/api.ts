import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { PROBLEM, type Problem } from '../http/problem.ts';

/** A page of any list of the API. */
export type Page<Item> = { readonly items: readonly Item[]; readonly nextCursor: string | null };

/** What the API has answered instead. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

/** What is asked for, or `instead` where the API refuses it for a reason that is expected. */
export const orElse = <Asked, Instead>(
  asked: Promise<Asked>,
  isExpected: (problem: Problem) => boolean,
  instead: Instead,
): Promise<Asked | Instead> =>
  asked.catch((error: unknown) => {
    if (error instanceof Refused && isExpected(error.problem)) return instead;
    throw error;
  });

/** A refusal of our own, of what the API need not be asked for. */
export const refused = (title: string, code: string, detail: string): Refused =>
  new Refused({ type: 'about:blank', title, status: 400, code, detail });

export type Query = Readonly<Record<string, string | number | undefined>>;

/** The API as one key sees it. Rejects with `Refused` for anything but 2xx. */
export type Api = {
  get<Answer>(path: string, query?: Query): Promise<Answer>;
  /** The same; undefined where there is no such thing. */
  find<Answer>(path: string, query?: Query): Promise<Answer | undefined>;
  /** `once`: an Idempotency-Key, so that a form that is sent twice changes one thing. */
  send<Answer>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    once?: string,
  ): Promise<Answer>;
  /** The answer as it is, to be passed on as this request's own. */
  raw(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
};

/** Answers a request as this process does: its own root application. */
export type Answer = (request: Request, env: object) => Response | Promise<Response>;

/** Puts ids into a path, encoded: `/api/tickets/${id}`. */
export const path = (parts: TemplateStringsArray, ...ids: readonly string[]): string =>
  parts.reduce((before, part, i) => `${before}${encodeURIComponent(ids[i - 1]!)}${part}`);

/** What an inner request takes over, so that limits, logs and the audit trail are those of a request from outside. */
const PASSED_ON = ['x-forwarded-for', 'user-agent'] as const;

/** How long another process may take. */
const WITHIN_MS = 30_000;

/**
 * The root application, and another process where this one lacks the role. `elsewhere`: an address at which every role
 * answers; undefined: nobody else is asked.
 */
export const withOthers =
  (root: Answer, elsewhere: string | undefined): Answer =>
  async (request, env) => {
    if (elsewhere === undefined) return root(request, env);
    const again = request.clone();
    const response = await root(request, env);
    if (response.status !== 404 || !(await isOfAnotherRole(response.clone()))) return response;
    const { pathname, search } = new URL(again.url);
    const { method, headers } = again;
    const body = method === 'GET' ? null : await again.arrayBuffer();
    const init = { method, headers, body, redirect: 'error', signal: AbortSignal.timeout(WITHIN_MS) } as const;
    return fetch(new URL(`${pathname}${search}`, elsewhere), init).catch(() => response);
  };

const isOfAnotherRole = async (response: Response): Promise<boolean> =>
  response.headers.get('content-type')?.startsWith(PROBLEM) === true &&
  ((await response.json()) as Problem).code === 'role_not_here';

/** The API's own routes in this process, asked with a key on behalf of a request. */
export function apiWith(answer: Answer, key: string, c: Context): Api {
  // Without `outgoing`: else a read would keep its turn until the whole page is sent.
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  const here = incoming === undefined ? {} : { incoming };
  const ask = async (
    method: string,
    to: string,
    init: { body?: object; headers?: Record<string, string> } = {},
    env: object = here,
  ) => {
    const headers = new Headers({ authorization: `Bearer ${key}`, 'x-request-id': c.get('requestId') ?? '' });
    for (const name of PASSED_ON) {
      const value = c.req.header(name);
      if (value !== undefined) headers.set(name, value);
    }
    for (const [name, value] of Object.entries(init.headers ?? {})) headers.set(name, value);
    if (init.body !== undefined) headers.set('content-type', 'application/json');
    const body = init.body === undefined ? null : JSON.stringify(init.body);
    return answer(new Request(new URL(to, 'http://localhost'), { method, headers, body }), env);
  };
  const answered = async <T>(response: Response): Promise<T> => {
    const text = await response.text();
    if (response.ok) {
      const lag = response.headers.get('x-read-model-lag');
      if (lag !== null) c.set('lag', lag);
      return (text === '' ? {} : JSON.parse(text)) as T;
    }
    throw new Refused(problemIn(response, text));
  };
  const withQuery = (to: string, query: Query): string => {
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, `${value}`] as [string, string]],
    );
    return given.length === 0 ? to : `${to}?${new URLSearchParams(given)}`;
  };
  const get = async <T>(to: string, query: Query = {}) => answered<T>(await ask('GET', withQuery(to, query)));

  return {
    get,
    find: (to, query) => orElse(get<never>(to, query), ({ code }) => code === 'not_found', undefined),
    send: async (method, to, body, once) =>
      answered(await ask(method, to, { ...(body && { body }), ...(once && { headers: { 'idempotency-key': once } }) })),
    raw: (to, headers = {}) => ask('GET', to, { headers: { ...headers } }, c.env ?? {}),
  };
}

function problemIn(response: Response, text: string): Problem {
  if (response.headers.get('content-type')?.startsWith(PROBLEM)) return JSON.parse(text) as Problem;
  return {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    code: `status_${response.status}`,
  };
}
