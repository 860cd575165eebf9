import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Calls } from './calls.ts';
import { listCalls } from './list-calls.ts';

export type Refusal = {
  readonly status: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
};
/** What happens to one create, in this order. */
export type CreateFate = {
  readonly delayBeforeMs?: number;
  /** The call is not dialled before this resolves. */
  readonly before?: Promise<unknown>;
  /** Whether a call is made. Default: true, unless `answer` is a refusal. */
  readonly dials?: boolean;
  /** Between dialling and the answer; the call is under way meanwhile. */
  readonly delayAfterMs?: number;
  /** The answer waits for this as well. */
  readonly until?: Promise<unknown>;
  /** `cut`: the connection breaks; `hang`: nothing comes; `half`: the headers and no body; else nonsense, or a refusal. */
  readonly answer?: 'cut' | 'hang' | 'half' | Nonsense | Refusal;
};
export type ListFate = { readonly answer: 'hang' | 'cut' | Nonsense | Refusal };
/** Any JSON instead of the answer, or a body without an end. */
type Nonsense = { readonly says: unknown } | { readonly endless: number };
export type RetellRequest = { readonly method: string; readonly path: string; readonly body: unknown };

type AnswersOptions = {
  readonly apiKey: string;
  readonly calls: Pick<Calls, 'kept' | 'make'>;
  readonly requests: RetellRequest[];
  /** Taken from the front, one for each create and each list. */
  readonly creates: CreateFate[];
  readonly lists: ListFate[];
  readonly listLagMs: number;
  readonly signal: AbortSignal;
};

const Create = z.object({
  from_number: z.string().regex(/^\+[1-9]\d{1,14}$/),
  to_number: z.string().regex(/^\+[1-9]\d{1,14}$/),
  override_agent_id: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  retell_llm_dynamic_variables: z.record(z.string(), z.string()).optional(),
});

const messages: Readonly<Record<number, string>> = {
  400: 'Invalid request format, please check API reference.',
  401: 'API key is missing or invalid.',
  402: 'Trial has ended, please add payment method.',
  404: 'The requested resource was not found.',
  422: 'Cannot find requested asset under given api key.',
  429: 'Account rate limited, please throttle your requests.',
  500: 'An unexpected server error occurred.',
};

const answer = (response: ServerResponse, status: number, body: unknown, headers: Refusal['headers'] = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};
const refuse = (response: ServerResponse, { status, message, headers }: Refusal) =>
  answer(response, status, { status: 'error', message: message ?? messages[status] ?? 'Error.' }, headers);

/** White space may go on for ever before JSON begins. */
function endless(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  const more = () => {
    while (!response.destroyed && response.write(SPACE));
  };
  response.on('drain', more);
  more();
}
const SPACE = ' '.repeat(1024 * 1024);

/** Answers or fails as the fate demands; false: the fate leaves the answer to the caller. */
function answerByFate(response: ServerResponse, fate: CreateFate['answer']): boolean {
  if (fate === 'cut') response.socket?.destroy();
  else if (fate === 'half') {
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': '400' });
    response.write('{"call_id":"call_');
  } else if (typeof fate === 'object' && 'endless' in fate) endless(response, fate.endless);
  else if (typeof fate === 'object' && 'says' in fate) answer(response, 201, fate.says);
  else if (typeof fate === 'object') refuse(response, fate);
  return fate !== undefined;
}

/** Answers create, get, list and delete as Retell does, or fails as the next fate says. */
export function answers({ apiKey, calls, requests, creates, lists, listLagMs, signal }: AnswersOptions) {
  async function create(body: unknown, response: ServerResponse): Promise<void> {
    const parsed = Create.safeParse(body);
    if (!parsed.success) return refuse(response, { status: 400 });
    const fate = creates.shift() ?? {};
    if (fate.delayBeforeMs) await sleep(fate.delayBeforeMs, undefined, { signal });
    await fate.before;
    const call =
      (fate.dials ?? !(typeof fate.answer === 'object' && 'status' in fate.answer))
        ? calls.make(parsed.data)
        : undefined;
    if (fate.delayAfterMs) await sleep(fate.delayAfterMs, undefined, { signal });
    await fate.until;
    if (!answerByFate(response, fate.answer)) answer(response, 201, call);
  }

  function list(body: unknown, response: ServerResponse): void {
    if (answerByFate(response, lists.shift()?.answer)) return;
    const shown = [...calls.kept.values()].filter(({ madeAt }) => Date.now() - madeAt >= listLagMs);
    const found = listCalls(
      body,
      shown.map(({ call }) => call),
    );
    if (found === undefined) refuse(response, { status: 400 });
    else answer(response, 200, found);
  }

  return async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url: path = '' } = request;
    if (request.headers.authorization !== `Bearer ${apiKey}`) return refuse(response, { status: 401 });
    let body: unknown;
    try {
      body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
    } catch {
      return refuse(response, { status: 400 });
    }
    requests.push({ method, path, body });
    if (method === 'POST' && path === '/v2/create-phone-call') return create(body, response);
    if (method === 'POST' && path === '/v3/list-calls') return list(body, response);
    const gone = method === 'DELETE' ? /^\/v2\/delete-call\/([^/?]+)$/.exec(path)?.[1] : undefined;
    if (gone !== undefined) {
      if (!calls.kept.delete(decodeURIComponent(gone))) return refuse(response, { status: 422 });
      return void response.writeHead(204).end();
    }
    const id = method === 'GET' ? /^\/v2\/get-call\/([^/?]+)$/.exec(path)?.[1] : undefined;
    if (id === undefined) return refuse(response, { status: 404 });
    const call = calls.kept.get(decodeURIComponent(id))?.call;
    return call === undefined ? refuse(response, { status: 422 }) : answer(response, 200, call);
  };
}
