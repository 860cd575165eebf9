import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../fixtures/samples');

export type Payload = {
  event: string;
  event_timestamp?: number;
  call: Record<string, unknown> & { call_id: string; metadata?: Record<string, unknown> };
  [field: string]: unknown;
};

/** The bytes of a recorded webhook, as they were sent. */
export const sampleBytes = (file: string): Buffer => readFileSync(join(FOLDER, file));

/** Recorded webhooks by the number that their file names begin with: `sample('03')`. */
export function sample(number: string): Payload {
  const file = sampleFiles().find((name) => name.startsWith(`${number}_`));
  if (file === undefined) throw new Error(`there is no sample ${number}`);
  return JSON.parse(sampleBytes(file).toString()) as Payload;
}

/** Every recorded webhook; the folder's sub-folders hold other things. */
export const sampleFiles = (): string[] => readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

/** The same webhook about other ids, so that tests do not meet. */
export function about(payload: Payload, ids: { call: string; session?: string; appointment?: string }): Payload {
  const metadata = {
    ...payload.call.metadata,
    ...(ids.session === undefined ? {} : { call_session_id: ids.session }),
    ...(ids.appointment === undefined ? {} : { appointment_id: ids.appointment }),
  };
  return { ...payload, call: { ...payload.call, call_id: ids.call, metadata } };
}
