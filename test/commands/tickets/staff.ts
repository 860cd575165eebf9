// What the tests of staff's commands share: the commands over HTTP, on a real event store, and calls to speak of.
import { OpenAPIHono } from '@hono/zod-openapi';
import { type Logger, pino } from 'pino';
import { roles } from '../../../src/config.ts';
import type { EventLog } from '../../../src/events/event-log.ts';
import type { Authenticate, Caller, CallerEnv } from '../../../src/http/bearer.ts';
import { answerUnhandled } from '../../../src/read-api/unhandled.ts';
import { patientLog } from '../../support/patient-log.ts';
import { newCallId, openDoor, startStore } from '../webhooks/door.ts';

const keys: Readonly<Record<string, Caller>> = {
  writes: { tenantId: 'default', keyId: 'key-1', scopes: ['write'] },
  colleague: { tenantId: 'default', keyId: 'key-2', scopes: ['write'] },
  reads: { tenantId: 'default', keyId: 'key-3', scopes: ['read'] },
  acme: { tenantId: 'acme', keyId: 'key-4', scopes: ['write'] },
};
export const authenticate: Authenticate = (key) => keys[key];

export type Ask = { key?: string | null; idempotencyKey?: string; body?: unknown };

/** A store and a door for the whole file. */
export async function office() {
  const store = await startStore();
  const log = patientLog(store.url);
  const door = await openDoor(log);
  return {
    log,
    door,
    /** A call that Retell has told of, by one of its URLs. */
    async call(endpoint = 'retell-inbound-ticket', callId = newCallId(), call: object = {}): Promise<string> {
      const { status } = await door.post(
        { event: 'call_ended', call: { call_id: callId, call_type: 'phone_call', direction: 'inbound', ...call } },
        { path: `/api/webhooks/${endpoint}` },
      );
      if (status !== 204) throw new Error(`the door answered ${status}`);
      return callId;
    },
    async close() {
      await door.close();
      await log.close();
      await store.remove();
    },
  };
}

/** Commands over HTTP, and what they logged. */
export function staffOf(mount: (logger: Logger) => OpenAPIHono<CallerEnv>) {
  const lines: string[] = [];
  const logger: Logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const app = new OpenAPIHono();
  answerUnhandled(app, logger, roles);
  app.route('/', mount(logger));
  return {
    app,
    logged: () => lines.join(''),
    async post(path: string, { key = 'writes', idempotencyKey, body }: Ask = {}) {
      const response = await app.request(path, {
        method: 'POST',
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever it is until the test has looked
      return { status: response.status, body: (await response.json()) as any };
    },
  };
}

export const typesIn = async (log: EventLog, stream: string): Promise<string[]> =>
  (await log.read(stream)).map(({ type }) => type);
