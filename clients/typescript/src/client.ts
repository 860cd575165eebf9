import { ProblemError } from './errors.ts';
import { type LiveEvent, type LiveOptions, liveEvents } from './live.ts';
import type { AnswerOf, ItemOf, ListPath, Method, PathOf, RequestOf } from './routes.ts';
import { wait } from './wait.ts';

export type ClientOptions = {
  /** Where the service is, as `https://calls.example.com`; a path before the API's is kept. */
  readonly url: string;
  /** An API key, or for the administration an admin key. */
  readonly key: string;
  /** Milliseconds until a request is given up; default 15,000. */
  readonly timeoutMs?: number;
  /** How often a request that may be repeated is tried again, after no answer or a 502, 503 or 504; default 2. */
  readonly retries?: number;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
};

type Sent = {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
};

const RETRIED = new Set([502, 503, 504]);
/** A service that asks for more patience is left to the caller. */
const LONGEST_WAIT_SECONDS = 10;

/** A running Call Ledger. Everything that is refused is thrown as a ProblemError; no answer, as what `fetch` throws. */
export class CallLedger {
  readonly #options: Required<ClientOptions>;

  constructor(options: ClientOptions) {
    const url = options.url.replace(/\/+$/, '');
    this.#options = { timeoutMs: 15_000, retries: 2, fetch: globalThis.fetch, ...options, url };
  }

  get<P extends PathOf<'get'>>(path: P, ...[request]: Given<P, 'get'>): Promise<AnswerOf<P, 'get'>> {
    return this.#json('get', path, request);
  }
  put<P extends PathOf<'put'>>(path: P, ...[request]: Given<P, 'put'>): Promise<AnswerOf<P, 'put'>> {
    return this.#json('put', path, request);
  }
  post<P extends PathOf<'post'>>(path: P, ...[request]: Given<P, 'post'>): Promise<AnswerOf<P, 'post'>> {
    return this.#json('post', path, request);
  }
  patch<P extends PathOf<'patch'>>(path: P, ...[request]: Given<P, 'patch'>): Promise<AnswerOf<P, 'patch'>> {
    return this.#json('patch', path, request);
  }
  delete<P extends PathOf<'delete'>>(path: P, ...[request]: Given<P, 'delete'>): Promise<AnswerOf<P, 'delete'>> {
    return this.#json('delete', path, request);
  }

  /** All items of a list, read page by page as they are taken. */
  async *each<P extends ListPath>(path: P, ...[request]: Given<P, 'get'>): AsyncGenerator<ItemOf<P>, void> {
    const given: Sent = request ?? {};
    for (let cursor: string | undefined; ; ) {
      const query = { ...given.query, ...(cursor !== undefined && { cursor }) };
      const page: { items: readonly ItemOf<P>[]; nextCursor: string | null } = await this.#json('get', path, {
        ...given,
        query,
      });
      yield* page.items;
      if (page.nextCursor === null) return;
      cursor = page.nextCursor;
    }
  }

  /** The live feed, without end. A lost connection is made again behind the last event: nothing is missed, nothing comes twice. */
  live(options: LiveOptions = {}): AsyncGenerator<LiveEvent, void> {
    const { url, key, fetch } = this.#options;
    return liveEvents({ url, key, fetch, ...options });
  }

  async #json<Answer>(method: Method, path: string, request: Sent = {}): Promise<Answer> {
    const { retries } = this.#options;
    const repeatable = (method !== 'post' && method !== 'patch') || request.idempotencyKey !== undefined;
    for (let attempt = 0; ; attempt++) {
      const last = !repeatable || attempt >= retries || request.signal?.aborted === true;
      try {
        const response = await this.#send(method, path, request);
        if (response.ok) return (response.status === 204 ? undefined : await response.json()) as Answer;
        const problem = await ProblemError.of(`${method.toUpperCase()} ${path}`, response);
        const { retryAfterSeconds = 0.2 * 2 ** attempt } = problem;
        if (last || !RETRIED.has(response.status) || retryAfterSeconds > LONGEST_WAIT_SECONDS) throw problem;
        await wait(1000 * retryAfterSeconds, request.signal);
      } catch (error) {
        if (last || error instanceof ProblemError) throw error;
        await wait(200 * 2 ** attempt, request.signal);
      }
    }
  }

  #send(
    method: Method,
    path: string,
    { path: names = {}, query = {}, body, idempotencyKey, signal }: Sent,
  ): Promise<Response> {
    const { url, key, timeoutMs, fetch } = this.#options;
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? ''));
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
    const timeout = AbortSignal.timeout(timeoutMs);
    return fetch(`${url}${filled}${parameters.size > 0 ? `?${parameters}` : ''}`, {
      method: method.toUpperCase(),
      headers: {
        authorization: `Bearer ${key}`,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'error', // it would take the key to another place
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
  }
}

/** The request may be left out where the document asks for nothing. */
type Given<P extends PathOf<M>, M extends Method> =
  Record<never, never> extends RequestOf<P, M> ? [request?: RequestOf<P, M>] : [request: RequestOf<P, M>];
