import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { AddressNotAllowed, type Allowed, checkedLookup, hostOf, isGlobal, type resolveName } from './addresses.ts';

/** What came of a POST: a status, or a word for why there is none. */
export type Answered =
  | { readonly status: number; readonly retryAfterMs?: number }
  | { readonly failure: string; readonly retryAfterMs?: undefined };

export type PostOptions = Allowed & {
  /** How long an answer is waited for, from the resolving of the name on. */
  readonly limitMs: number;
  /** Gives up at once. */
  readonly signal: AbortSignal;
  readonly resolve?: typeof resolveName;
};

/** Of an answer's body nothing is kept; so much is read, for the sender's sake, before the connection is cut. */
const READ_BYTES = 64 * 1024;
/** No receiver puts a message off for longer. */
const MOST_RETRY_AFTER_MS = 3 * 24 * 3_600_000;

/** One POST on a connection of its own. Follows no redirect, asks no proxy. Never rejects. */
export function post(
  address: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  { allowPrivate, limitMs, signal, resolve }: PostOptions,
): Promise<Answered> {
  const url = new URL(address);
  const host = hostOf(url);
  const isPlain = url.protocol === 'http:';
  if ((isPlain && !allowPrivate) || (isIP(host) !== 0 && !allowPrivate && !isGlobal(host)))
    return Promise.resolve({ failure: 'url_not_allowed' });
  const late = AbortSignal.timeout(limitMs);
  const bytes = Buffer.from(body);
  return new Promise((settle) => {
    const request = (isPlain ? http : https).request(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': bytes.length, 'user-agent': AGENT },
      agent: false,
      lookup: checkedLookup({ allowPrivate }, resolve),
      signal: AbortSignal.any([late, signal]),
    });
    request.on('response', (response) => {
      const { statusCode = 0, headers } = response;
      settle({ status: statusCode, ...retryAfter(headers['retry-after']) });
      let read = 0;
      response.on('data', (chunk: Buffer) => {
        read += chunk.length;
        if (read > READ_BYTES) request.destroy();
      });
      response.on('error', () => {}); // what counts has come
    });
    request.on('error', (error: NodeJS.ErrnoException) =>
      settle({ failure: late.aborted ? 'no_answer_in_time' : failureOf(error) }),
    );
    request.end(bytes);
  });
}

const AGENT = 'Call-Ledger-Webhooks/1';

/** A code, never the error's words: they may quote what a stranger sent. */
function failureOf(error: NodeJS.ErrnoException): string {
  if (error instanceof AddressNotAllowed) return 'url_not_allowed';
  return /^\w{1,60}$/.test(error.code ?? '') ? error.code!.toLowerCase() : 'no_connection';
}

function retryAfter(value: string | undefined): { readonly retryAfterMs?: number } {
  if (value === undefined) return {};
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return ms > 0 ? { retryAfterMs: Math.min(ms, MOST_RETRY_AFTER_MS) } : {};
}
