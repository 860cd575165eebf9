import { APIError } from 'retell-sdk';
import { causeOf, retellClient, within } from './client.ts';

const TIMEOUT_MS = 15_000;

/** `deleted`, `unknown` where Retell has no such call, or why not, as a code. `mayPass`: asked later it may say otherwise. */
export type DeletedAtRetell = { readonly outcome: string; readonly mayPass: boolean };

/** Has Retell delete a call, once. Never throws. */
export async function deleteAtRetell(
  apiKey: string,
  baseUrl: string | undefined,
  callId: string,
  signal: AbortSignal,
): Promise<DeletedAtRetell> {
  try {
    await retellClient(apiKey, baseUrl).call.delete(callId, within(TIMEOUT_MS, signal));
    return { outcome: 'deleted', mayPass: false };
  } catch (error) {
    const status = error instanceof APIError ? error.status : undefined;
    if (status === 404 || status === 422) return { outcome: 'unknown', mayPass: false };
    return { outcome: causeOf(error), mayPass: status === undefined || status === 429 || status >= 500 };
  }
}
