/**
 * Retell as far as this service knows it: a server that dials, lists and tells, after REFERENCE §2 and §4. It knows
 * the truth of every call, so a test can compare what the service made of it; and it can fail as Retell and the
 * network between can.
 *
 *   const retell = await startRetell({ apiKey: 'key_x', webhooks: { url: `${service}/api/webhooks/retell`, key } });
 *   retell.tell('cs_1', 'confirmed');            // how the call of session cs_1 will go
 *   retell.next({ answer: 'cut' });              // the next create dials, and its answer is lost
 *   … retell.dials('cs_1') … retell.truth('cs_1') … await retell.quiet()
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { randomFrom } from '../../src/cli/simulate/random.ts';
import { newCall, type RetellCall, type Story, stories, storyOf } from './retell-emulator/calls.ts';
import { listCalls } from './retell-emulator/list-calls.ts';
import { type Delivery, deliver, type WebhookOptions } from './retell-emulator/webhooks.ts';

/** What happens to one create, in this order. */
export type CreateFate = {
  readonly delayBeforeMs?: number;
  /** False: nobody is called. Default: true, unless `answer` is a refusal. */
  readonly dials?: boolean;
  /** Between dialling and the answer; the call is under way meanwhile. */
  readonly delayAfterMs?: number;
  /** `cut`: the connection breaks; `hang`: nothing comes; `half`: the headers and no body; else a refusal. */
  readonly answer?: 'cut' | 'hang' | 'half' | Refusal;
};
export type Refusal = {
  readonly status: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
};
export type ListFate = { readonly answer: 'hang' | 'cut' | Refusal };

export type RetellOptions = {
  readonly apiKey?: string;
  readonly seed?: number;
  /** Absent: calls are made and go their way, and nobody is told. */
  readonly webhooks?: WebhookOptions;
  /** A factor on how long calls ring, last and are analysed. Default: a call takes some 100 ms. 0: at once. */
  readonly pace?: number;
  /** `false`: calls stay `registered` until `play`. */
  readonly autoplay?: boolean;
  /** How long a new call does not show in lists. */
  readonly listLagMs?: number;
};

/** Milliseconds at pace 1: ringing, talking, from the end to its webhook, from that to the analysis. */
const LASTS = { ringing: 20, talking: 40, ended: 15, analysed: 30 } as const;

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

type Kept = { readonly call: RetellCall; readonly story: Story; readonly madeAt: number; done: Promise<void> };
export type RetellRequest = { readonly method: string; readonly path: string; readonly body: unknown };

export async function startRetell(options: RetellOptions = {}) {
  const { apiKey = 'key_of_the_emulator', seed = 1, pace = 1, autoplay = true, listLagMs = 0 } = options;
  const random = randomFrom(seed);
  const stopped = new AbortController();
  const { signal } = stopped;
  const kept = new Map<string, Kept>();
  const requests: RetellRequest[] = [];
  const deliveries: Delivery[] = [];
  const underWay = new Set<Promise<unknown>>();
  const creates: CreateFate[] = [];
  const lists: ListFate[] = [];
  const scripted = new Map<string, Story>();
  let webhooks = options.webhooks;

  const track = <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work);
    void work.catch(() => {}).finally(() => underWay.delete(work));
    return work;
  };
  const wait = (ms: number) => sleep(ms * pace, undefined, { signal });
  const tellOf = (event: string, call: RetellCall) => {
    if (webhooks === undefined) return;
    const target = webhooks;
    const webhook = { event, call: structuredClone(call) };
    const { lost = false, delayMs = 0, duplicates = 0 } = target.fate?.(webhook, random) ?? {};
    if (lost) return;
    for (let copy = 0; copy <= duplicates; copy++)
      void track(
        (async () => {
          if (delayMs > 0) await sleep(delayMs, undefined, { signal });
          deliveries.push(await deliver(webhook, target, random, signal));
        })(),
      ).catch(() => {});
  };

  /** Plays a call to its end. Webhooks are triggered in order, and none waits for the one before. */
  async function play({ call, story }: Kept): Promise<void> {
    await wait(LASTS.ringing);
    if (story.connected) {
      call.call_status = 'ongoing';
      call.start_timestamp = Date.now();
      tellOf('call_started', call);
      await wait(LASTS.talking);
      call.end_timestamp = Date.now();
    }
    call.duration_ms = story.connected ? call.end_timestamp! - call.start_timestamp! : 0;
    for (const [field, value] of Object.entries(story.ended)) if (value !== undefined) call[field] = value;
    await wait(LASTS.ended);
    tellOf('call_ended', call);
    if (story.analysis === undefined) return;
    await wait(LASTS.analysed);
    call.call_analysis = { ...story.analysis };
    tellOf('call_analyzed', call);
  }
  const begin = (one: Kept) => {
    one.done = track(play(one).catch(() => {}));
  };

  function make(create: z.infer<typeof Create>): RetellCall {
    const call = newCall(create, random);
    const story = scripted.get(String(create.metadata?.call_session_id)) ?? random.pick(stories);
    const one: Kept = { call, story, madeAt: Date.now(), done: Promise.resolve() };
    kept.set(call.call_id, one);
    if (autoplay) begin(one);
    return structuredClone(call);
  }

  const answer = (response: ServerResponse, status: number, body: unknown, headers: Refusal['headers'] = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
  const refuse = (response: ServerResponse, { status, message, headers }: Refusal) =>
    answer(response, status, { status: 'error', message: message ?? messages[status] ?? 'Error.' }, headers);
  /** True: the fate was the answer. */
  const fated = (response: ServerResponse, fate: 'cut' | 'hang' | 'half' | Refusal | undefined): boolean => {
    if (fate === 'cut') response.socket?.destroy();
    else if (fate === 'half') {
      response.writeHead(201, { 'content-type': 'application/json', 'content-length': '400' });
      response.write('{"call_id":"call_');
    } else if (typeof fate === 'object') refuse(response, fate);
    return fate !== undefined;
  };

  async function create(body: unknown, response: ServerResponse): Promise<void> {
    const parsed = Create.safeParse(body);
    if (!parsed.success) return refuse(response, { status: 400 });
    const fate = creates.shift() ?? {};
    if (fate.delayBeforeMs) await sleep(fate.delayBeforeMs, undefined, { signal });
    const call = (fate.dials ?? typeof fate.answer !== 'object') ? make(parsed.data) : undefined;
    if (fate.delayAfterMs) await sleep(fate.delayAfterMs, undefined, { signal });
    if (!fated(response, fate.answer)) answer(response, 201, call);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
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
    if (method === 'POST' && path === '/v3/list-calls') {
      if (fated(response, lists.shift()?.answer)) return;
      const shown = [...kept.values()].filter(({ madeAt }) => Date.now() - madeAt >= listLagMs);
      const found = listCalls(
        body,
        shown.map(({ call }) => call),
      );
      return found === undefined ? refuse(response, { status: 400 }) : answer(response, 200, found);
    }
    const id = method === 'GET' ? /^\/v2\/get-call\/([^/?]+)$/.exec(path)?.[1] : undefined;
    if (id === undefined) return refuse(response, { status: 404 });
    const call = kept.get(decodeURIComponent(id))?.call;
    return call === undefined ? refuse(response, { status: 422 }) : answer(response, 200, call);
  }

  const server = createServer((request, response) => {
    track(handle(request, response)).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const ofSession = (sessionId: string) =>
    [...kept.values()].filter(({ call }) => call.metadata?.call_session_id === sessionId);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey,
    requests,
    deliveries: deliveries as readonly Delivery[],
    /** What happens to the creates, or lists, that come next; the ones after those are as ever. */
    next: (...fates: readonly CreateFate[]) => void creates.push(...fates),
    nextList: (...fates: readonly ListFate[]) => void lists.push(...fates),
    /** How the call of a session will go; else a story is drawn. */
    tell: (sessionId: string, story: string) => void scripted.set(sessionId, storyOf(story)),
    /** Where webhooks go from now on. */
    webhooksTo: (target: WebhookOptions | undefined) => {
      webhooks = target;
    },
    /** Plays what `autoplay: false` has held back. */
    play: (sessionId: string) => ofSession(sessionId).forEach(begin),
    /** How many people were called for a session. */
    dials: (sessionId: string): number => ofSession(sessionId).length,
    /** Everything that is so, whoever has heard of it. */
    truth: (sessionId: string) =>
      ofSession(sessionId).map(({ call, story }) => ({ call: structuredClone(call), story })),
    calls: (): readonly RetellCall[] => [...kept.values()].map(({ call }) => structuredClone(call)),
    /** When every call has ended and every webhook is delivered or given up. */
    async quiet(): Promise<void> {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
    async stop(): Promise<void> {
      stopped.abort();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
export type Retell = Awaited<ReturnType<typeof startRetell>>;
