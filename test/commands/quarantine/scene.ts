import { createHmac, randomUUID } from 'node:crypto';
import { OpenAPIHono } from '@hono/zod-openapi';
import { Kysely, PostgresDialect } from 'kysely';
import { pino } from 'pino';
import { quarantineRetryRoute, reviewQuarantined } from '../../../src/commands/quarantine.ts';
import { webhookRoutes } from '../../../src/commands/webhooks/routes.ts';
import { sha256 } from '../../../src/events/identity.ts';
import { quarantineStream } from '../../../src/events/streams.ts';
import { listen } from '../../../src/listen.ts';
import { createReadPool } from '../../../src/postgres/pool.ts';
import { startProjections } from '../../../src/projections/engine/start.ts';
import { quarantine } from '../../../src/projections/quarantine.ts';
import type { ReadModel } from '../../../src/projections/tables.ts';
import { quarantineReadRoutes } from '../../../src/read-api/quarantine.ts';
import type { Delivery } from '../../../src/retell/call-fact.ts';
import { accessWith } from '../../support/admin-access.ts';
import { patientLog } from '../../support/patient-log.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { directory, signature, someTenants, standard, startStore } from '../webhooks/door.ts';

export const ADMIN_KEY = 'admin-key-of-the-tests';

// biome-ignore lint/suspicious/noExplicitAny: an answer is whatever it is until the test has looked
export type Answer = { readonly status: number; readonly body: any };

/** The door and the quarantine as one process serves them, over a real log and a real Postgres. */
export async function openScene() {
  const store = await startStore();
  const database = await createTestDatabase();
  const log = patientLog(store.url);
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const tenants = directory(someTenants);
  const following = (databaseUrl: string) =>
    startProjections({ log, databaseUrl, projections: [quarantine], logger: pino({ level: 'silent' }) });
  const running = await following(database.url);
  const pool = createReadPool(database.url);
  const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool }) });

  const door = webhookRoutes({ log, tenants, now: Date.now, logger, config: standard });
  const app = new OpenAPIHono();
  app.route('/', door.routes);
  app.route(
    '/',
    quarantineRetryRoute({ log, recorder: door.recorder, tenants, access: accessWith(ADMIN_KEY), logger }),
  );
  app.route('/', quarantineReadRoutes({ db, access: accessWith(ADMIN_KEY), review: reviewQuarantined(log, tenants) }));
  const { url, close } = await listen(app, '127.0.0.1', 0);

  const ask = async (method: string, path: string, key: string | null = ADMIN_KEY): Promise<Answer> => {
    const headers = key === null ? {} : { authorization: `Bearer ${key}` };
    const response = await fetch(url + path, { method, headers });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : undefined };
  };

  return {
    log,
    url,
    lines,
    following,
    ask,
    async post(body: string | Uint8Array, { tenant = 'default', key = someTenants[0]!.webhookKeys[0]!.key } = {}) {
      const response = await fetch(`${url}/t/${tenant}/api/webhooks/retell`, {
        method: 'POST',
        body: body as string,
        headers: { 'x-retell-signature': signature(body, key) },
      });
      return response.status;
    },
    /** What an older version did with a delivery that today's code understands. */
    async setAside(body: string | Uint8Array, said: Partial<Delivery> = {}): Promise<string> {
      const bytes = Buffer.from(body);
      const tenant = said.tenant ?? someTenants[0]!;
      const { key, keyId } = tenant.webhookKeys[0]!;
      const delivery: Delivery = {
        tenant,
        endpoint: 'retell',
        body: bytes,
        sha256: sha256(bytes),
        signatureHeader: `v=1769852000000,d=${createHmac('sha256', key).update(bytes).update('1769852000000').digest('hex')}`,
        keyId,
        receivedAt: '2026-01-31T09:33:20.500Z',
        ...said,
      };
      expectWord(await door.recorder.quarantine('untranslatable', delivery), 'quarantined');
      return `${tenant.id}.${delivery.sha256}`;
    },
    idOf: (body: string | Uint8Array, tenant = 'default') => `${tenant}.${sha256(body)}`,
    streamOf: (id: string) => quarantineStream(...(id.split('.') as [string, string])),
    /** The list, once the read model has all that is in the log. */
    async list(query = ''): Promise<Answer> {
      if (!(await running.waitUntilCaughtUp((await log.head())!, 30_000))) throw new Error('the read model lags');
      return ask('GET', `/api/quarantine${query}`);
    },
    retry: (id: string) => ask('POST', `/api/quarantine/${id}/retry`),
    async close() {
      await close();
      await door.drain();
      await running.stop();
      await db.destroy();
      await log.close();
      await store.remove();
      await database.drop();
    },
  };
}
export type Scene = Awaited<ReturnType<typeof openScene>>;

const expectWord = (word: string, wanted: string) => {
  if (word !== wanted) throw new Error(`${word} instead of ${wanted}`);
};

/** A webhook that today's code understands, about a call that no other test uses. */
export const understandable = (extra: object = {}) => {
  const callId = `call_${randomUUID()}`;
  const call = { call_id: callId, call_type: 'phone_call', direction: 'outbound', transcript: 'User: MARK-PERSONAL' };
  return { callId, body: JSON.stringify({ event: 'call_ended', event_timestamp: 1_769_850_000_000, call, ...extra }) };
};
