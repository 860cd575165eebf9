import { isJsonObject } from '../events/json.ts';
import type { Answers, Route } from './api.ts';
import { Failure, refusal } from './failure.ts';
import type { FoundKey } from './keys.ts';
import { jsonOf } from './text.ts';

type PathNames<R extends string> = R extends `${string}{${infer Name}}${infer Rest}` ? Name | PathNames<Rest> : never;
type Query = Readonly<Record<string, string | undefined>>;

/** What goes into a request: the `{…}` of the route, the query without what is undefined, and a body of JSON. */
export type RequestTo<R extends string> = {
  readonly path?: Readonly<Record<PathNames<R>, string>>;
  readonly query?: Query;
  readonly body?: unknown;
};

/** An answer as it came, whatever its status. */
export type Answer = {
  /** What was asked, without the query. */
  readonly request: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON of the text; undefined: it is none. */
  readonly body: unknown;
};

export type Service = {
  /** Resolves with any answer, whatever its status. Throws a Failure where there is none. */
  ask<R extends string>(route: R, request?: RequestTo<R>): Promise<Answer>;
  /** Resolves with the body of a success. Anything else is a Failure that says what to do. */
  call<R extends Route>(route: R, request?: RequestTo<R>): Promise<Answers[R]>;
  /** Streams the body of a GET. Reading on throws a Failure where it breaks off. */
  stream(path: string, query: Query, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
};

const LIMIT_MS = 15_000;

/** Where the service is, by the environment: at CALL_LEDGER_URL, else at PORT of this machine. */
export const urlFrom = (env: Readonly<Record<string, string | undefined>>): string =>
  env.CALL_LEDGER_URL || `http://127.0.0.1:${env.PORT || 3000}`;

/** The service over HTTP, with one key. */
export function serviceAt(url: string, findKey: () => Promise<FoundKey | undefined>): Service {
  const send = async (method: string, path: string, headers: object, init: RequestInit): Promise<Response> => {
    const found = await findKey();
    const authorization = found && { authorization: `Bearer ${found.key}` };
    // A redirect would give the key to another server.
    return fetch(`${url}${path}`, { method, headers: { ...authorization, ...headers }, redirect: 'error', ...init });
  };

  const ask: Service['ask'] = async (route, { path = {}, query, body } = {}) => {
    const [method = '', template = ''] = route.split(' ');
    const filled = fillIn(template, path);
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    try {
      const response = await send(method, `${filled}${queryOf(query)}`, json, {
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(LIMIT_MS),
      });
      return await read(`${method} ${filled}`, response);
    } catch (error) {
      throw error instanceof Failure ? error : noAnswer(url, error as Error);
    }
  };

  return {
    ask,
    async call<R extends Route>(route: R, request?: RequestTo<R>) {
      const { request: asked, status, body } = await ask(route, request);
      if (status === 204) return {} as Answers[R];
      if (status >= 300 || !isJsonObject(body)) throw refusal(asked, status, body, (await findKey())?.from);
      return body as Answers[R];
    },
    async stream(path, query, signal) {
      try {
        const response = await send('GET', `${path}${queryOf(query)}`, {}, signal ? { signal } : {});
        if (response.ok && response.body !== null) return unbroken(url, response.body);
        const { request, status, body } = await read(`GET ${path}`, response);
        throw refusal(request, status, body, (await findKey())?.from);
      } catch (error) {
        throw error instanceof Failure ? error : noAnswer(url, error as Error);
      }
    },
  };
}

const fillIn = (template: string, path: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name]!));

function queryOf(query: Query | undefined): string {
  if (query === undefined) return '';
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value);
  return `?${parameters}`;
}

async function read(request: string, response: Response): Promise<Answer> {
  const { status, headers } = response;
  const text = await response.text();
  return { request, status, headers, text, body: jsonOf(text) };
}

async function* unbroken(url: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    const { message, cause } = error as { message: string; cause?: { code?: string } };
    throw new Failure(2, `The answer of ${url} broke off (${cause?.code ?? message}).`, {
      remedy: 'See that the service runs (call-ledger doctor), and try again.',
    });
  }
}

function noAnswer(url: string, error: Error): Failure {
  const { cause } = error as { cause?: { code?: string; message?: string } };
  const why =
    error.name === 'TimeoutError'
      ? `no answer in ${LIMIT_MS / 1000} s`
      : (cause?.code ?? cause?.message ?? error.message);
  return new Failure(2, `No service answers at ${url} (${why}).`, {
    remedy: 'Start it (npm start), or say where it listens: --url http://host:port, or CALL_LEDGER_URL',
  });
}
