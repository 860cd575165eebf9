import Retell, { APIConnectionError, APIError } from 'retell-sdk';
import { isJsonObject } from '../events/json.ts';
import { truthOf } from '../model/words.ts';
import { parseVendorJson } from './payload.ts';

/** The largest response to read: a page of a list, or a call with all its transcripts. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** Of an error response only a sentence is needed. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** Retell sent an unusable response; the message is a code for the reason. */
export class BadAnswer extends Error {
  override readonly name = 'BadAnswer';
  /** Whether a retry may help. */
  readonly mayPass: boolean;
  constructor(word: string, { mayPass = true } = {}) {
    super(word);
    this.mayPass = mayPass;
  }
}

/** The SDK wraps errors that occur while it reads a response. */
export function badAnswerOf(error: unknown): BadAnswer | undefined {
  const inner = error instanceof APIConnectionError ? error.cause : error;
  if (inner instanceof BadAnswer) return inner;
  return error instanceof SyntaxError ? new BadAnswer('answer_not_json') : undefined;
}

/** Why a request failed, as a code: the text of an error may quote what was sent. */
export function causeOf(error: unknown): string {
  const bad = badAnswerOf(error);
  if (bad !== undefined) return bad.message;
  if (!(error instanceof APIError)) return (error as Error).name;
  return error.status === undefined ? 'no_answer' : `status_${error.status}`;
}

/**
 * The SDK without retries, which could dial twice (docs/decisions/0007-a-call-is-dialled-once.md), redirects, and logs,
 * which may hold numbers and names; and with a response limit.
 */
export const retellClient = (apiKey: string, baseURL = 'https://api.retellai.com') =>
  new Retell({ apiKey, baseURL, maxRetries: 0, logLevel: 'off', fetchOptions: { redirect: 'error' }, fetch: bounded });

/** The SDK's timeout ends with the response headers; this one covers the body as well. */
export const within = (timeoutMs: number, signal: AbortSignal) => ({
  timeout: timeoutMs,
  signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
});

/** The `Retry-After` of a response, in seconds or as a date, as milliseconds. */
export function retryAfterMs(headers: Headers | undefined): number | undefined {
  const text = headers?.get('retry-after') ?? '';
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? ms : undefined;
}

/** A longer one is no key; lists have many. */
const MAX_KEY_LENGTH = 2048;

/**
 * A page of a list and the key of the next. Without `has_more`, a key leads on while pages hold something. Throws
 * BadAnswer.
 */
export function pageOf(answer: unknown, limit: number): { items: readonly unknown[]; nextKey: string | undefined } {
  if (!isJsonObject(answer) || !Array.isArray(answer.items)) throw new BadAnswer('answer_unknown_shape');
  const { items, has_more, pagination_key: key } = answer;
  if (items.length > limit) throw new BadAnswer('page_too_long', { mayPass: false });
  const hasMore = truthOf(has_more) ?? (items.length > 0 && key !== undefined && key !== null);
  if (!hasMore) return { items, nextKey: undefined };
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY_LENGTH) throw new BadAnswer('list_without_key');
  return { items, nextKey: key };
}

async function bounded(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request);
  if (response.body === null) return response;
  const text = await textOf(response.body, response.ok);
  if (!response.ok) return new Response(text, response);
  const parsed = parseVendorJson(text, Number.POSITIVE_INFINITY);
  if (parsed === 'too_deep') throw new BadAnswer('answer_too_deep', { mayPass: false });
  // Written again, so that the SDK does not round numbers either; it reports invalid JSON itself.
  return new Response(typeof parsed === 'string' ? text : JSON.stringify(parsed.value), response);
}

async function textOf(body: ReadableStream<Uint8Array>, isAnswer: boolean): Promise<string> {
  const chunks: Uint8Array[] = [];
  let left = isAnswer ? MAX_ANSWER_BYTES : MAX_REFUSAL_BYTES;
  // Leaving the loop closes the connection.
  for await (const chunk of body) {
    left -= chunk.byteLength;
    if (left < 0 && isAnswer) throw new BadAnswer('answer_too_large', { mayPass: false });
    if (left < 0) break;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
