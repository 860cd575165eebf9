import { setTimeout as sleep } from 'node:timers/promises';
import { APIError } from 'retell-sdk';
import { causeOf, retellClient, retryAfterMs, within } from './client.ts';

const TIMEOUT_MS = 15_000;
const ATTEMPTS = 4;

/** Has Retell delete a call. Answers `deleted`, `unknown` where it has no such call, or why not, as a code. Never throws. */
export async function deleteAtRetell(
  apiKey: string,
  baseUrl: string | undefined,
  callId: string,
  signal: AbortSignal,
): Promise<string> {
  const client = retellClient(apiKey, baseUrl);
  for (let attempt = 1; ; attempt++) {
    try {
      await client.call.delete(callId, within(TIMEOUT_MS, signal));
      return 'deleted';
    } catch (error) {
      const status = error instanceof APIError ? error.status : undefined;
      if (status === 404) return 'unknown';
      const isForGood = status !== undefined && status !== 429 && status < 500;
      if (isForGood || attempt === ATTEMPTS || signal.aborted) return causeOf(error);
      const headers = error instanceof APIError ? error.headers : undefined;
      await sleep(Math.min(retryAfterMs(headers) ?? attempt * 1000, 60_000), undefined, { signal }).catch(() => {});
    }
  }
}
