// Clients of the live feed, over real sockets: an event stream read by the letter of the HTML standard, and a WebSocket.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientOptions, WebSocket } from 'ws';

export type Heard = { readonly event: string; readonly id: string; readonly data: Record<string, unknown> };

export type Ears = {
  /** What was heard, `ready` and `closed` too. */
  readonly heard: Heard[];
  /** Heartbeats. */
  readonly beats: () => number;
  /** Why the server ended it, as soon as it has. */
  readonly ended: Promise<{ readonly code?: number; readonly reason: string | undefined }>;
  pause(): void;
  resume(): void;
  /** Breaks the connection, as a network does. */
  cut(): void;
};

export type Where = { readonly key?: string | null; readonly cursor?: string; readonly lastEventId?: string };
export type Listen = (url: string, where?: Where) => Promise<Ears>;

export class Refused extends Error {
  readonly status: number;
  readonly body: { code: string; errors?: { path: string }[] };
  readonly headers: IncomingMessage['headers'];
  constructor(status: number, body: string, headers: IncomingMessage['headers']) {
    super(`${status} ${body}`);
    this.status = status;
    this.body = JSON.parse(body);
    this.headers = headers;
  }
}

const path = ({ cursor }: Where) => `/api/live${cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`}`;
const headersOf = ({ key = 'acme-reads', lastEventId }: Where) => ({
  ...(key === null ? {} : { authorization: `Bearer ${key}` }),
  ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
});

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

/** Throws Refused for any answer but the stream. */
export const eventStream: Listen = async (url, where = {}) => {
  const sent = request(url + path(where), { headers: headersOf(where), agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Refused(response.statusCode!, await textOf(response), response.headers);
  const heard: Heard[] = [];
  let beats = 0;
  let [lines, lastId, name, data] = ['', '', '', [] as string[]];
  const take = (line: string) => {
    if (line === '') {
      if (data.length > 0) heard.push({ event: name || 'message', id: lastId, data: JSON.parse(data.join('\n')) });
      [name, data] = ['', []];
      return;
    }
    const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (field === '') beats++;
    else if (field === 'event') name = value!;
    else if (field === 'data') data.push(value!);
    else if (field === 'id') lastId = value!;
    else if (field !== 'retry') throw new Error(`the stream holds ${line}`);
  };
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    const parts = (lines + chunk).split(/\r\n|\n|\r/);
    lines = parts.pop()!;
    parts.forEach(take);
  });
  response.on('error', () => {});
  const ended = new Promise<void>((resolve) => response.on('close', resolve)).then(() => ({
    reason: heard.findLast(({ event }) => event === 'closed')?.data.reason as string | undefined,
  }));
  return {
    heard,
    beats: () => beats,
    ended,
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    cut: () => void response.socket.destroy(),
  };
};

export const openWebSocket = async (url: string, protocols: string[] = [], options: ClientOptions = {}) => {
  const socket = new WebSocket(url.replace('http', 'ws'), protocols, options);
  const refused = once(socket, 'unexpected-response').then(async ([, response]) => {
    throw new Refused(response.statusCode, await textOf(response), response.headers);
  });
  const heard: Heard[] = [];
  let beats = 0;
  socket.on('message', (message) => void heard.push(JSON.parse(String(message))));
  socket.on('ping', () => beats++);
  socket.on('error', () => {});
  await Promise.race([once(socket, 'open'), refused]);
  refused.catch(() => {});
  const ended = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  return { socket, heard, beats: () => beats, ended };
};

export const webSocket: Listen = async (url, where = {}) => {
  const { socket, ...ears } = await openWebSocket(url + path(where), [], {
    headers: headersOf(where) as Record<string, string>,
  });
  return { ...ears, pause: () => socket.pause(), resume: () => socket.resume(), cut: () => socket.terminate() };
};

/** The ids of the calls of which changes were heard. */
export const calls = (ears: Pick<Ears, 'heard'>): string[] =>
  ears.heard.filter(({ event }) => event === 'call.outcome.changed').map(({ data }) => String(data.callId));

/** Waits until so many changes were heard. */
export async function hears(ears: Pick<Ears, 'heard'>, count: number, withinMs = 30_000): Promise<string[]> {
  const late = performance.now() + withinMs;
  while (calls(ears).length < count) {
    if (performance.now() > late) throw new Error(`heard ${calls(ears).length} of ${count}`);
    await sleep(5);
  }
  return calls(ears);
}
