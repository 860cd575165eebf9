import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Kysely, PostgresDialect } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { expect, vi } from 'vitest';
import type { Fact } from '../../../src/events/codec.ts';
import { callStream } from '../../../src/events/streams.ts';
import type { NewsType } from '../../../src/events/tenant-facts.ts';
import { findOperation, requestOperation } from '../../../src/projections/engine/operations.ts';
import { startProjections } from '../../../src/projections/engine/start.ts';
import { projections } from '../../../src/projections/index.ts';
import {
  type OutgoingWebhooks,
  type OutgoingWebhooksOptions,
  startOutgoingWebhooks,
} from '../../../src/reactions/outgoing-webhooks/start.ts';
import { administration } from '../../../src/tenants/administration.ts';
import { openTenantDirectory } from '../../../src/tenants/directory.ts';
import { sealingUnder } from '../../../src/tenants/sealing.ts';
import { TENANT } from '../../projections/controls.ts';
import { logger, type Stores, startStores } from '../../projections/stores.ts';

export const soon = <T>(check: () => T) => vi.waitFor(check, { timeout: 30_000, interval: 20 });

export type Received = {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly at: number;
};

type Answer = number | [number, Record<string, string>] | 'nothing';

/** A receiver that answers with what it is given: a status, headers with it, or nothing at all. */
export async function startReceiver() {
  const received: Received[] = [];
  const headers: Record<string, string>[] = [];
  let answer: (one: Received) => Answer | Promise<Answer> = () => 204;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const { type, data } = JSON.parse(body);
    const one = { id: String(request.headers['webhook-id']), type, data, body, at: Date.now() };
    received.push(one);
    headers.push(request.headers as Record<string, string>);
    const answered = await answer(one);
    if (answered === 'nothing') return;
    const [status, more] = typeof answered === 'number' ? [answered, {}] : answered;
    response.writeHead(status, more).end('thanks');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    /** What the specification's library makes of the messages so far, under a secret. Throws. */
    verified: (secret: string) => received.map(({ body }, i) => new Webhook(secret).verify(body, headers[i]!)),
    answers(next: typeof answer) {
      answer = next;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/** Real stores, the projections over them, and the tenants in the log; one for each test file. */
export async function startScene(starting: Promise<Stores> = startStores()) {
  const stores = await starting;
  const { log, databaseUrl, pool } = stores;
  const ending = new AbortController();
  const { signal } = ending;
  const sealing = sealingUnder('a master key of the tests');
  const directory = openTenantDirectory({ log, sealing, environmentKeys: [], logger, signal });
  const changes = administration({ log, directory, sealing, logger });
  let broken: string | undefined;
  /** Breaks on the facts of one call, as long as a test has it so. */
  const reading = projections.map((projection) => ({
    ...projection,
    ...(projection.reduce && {
      reduce(state: unknown, fact: Fact) {
        if (fact.stream === callStream(TENANT, broken ?? '')) throw new Error('not yet');
        return projection.reduce!(state, fact);
      },
    }),
  }));
  const startReading = () => startProjections({ log, databaseUrl, projections: reading, logger });
  let projecting = await startReading();
  await directory.caughtUp();
  await changes.putSettings(TENANT, {});
  const running = new Set<OutgoingWebhooks>();
  const receivers: Receiver[] = [];

  return {
    ...{ log, pool, databaseUrl, directory, changes, say: stores.say },
    start(options: Partial<OutgoingWebhooksOptions> = {}) {
      const outgoing = startOutgoingWebhooks({
        ...{ log, directory, administration: changes, databaseUrl, logger, allowPrivate: true },
        retrySeconds: [1, 1, 1],
        ...options,
        pace: {
          standbyMs: 50,
          everyMs: 20,
          pollMs: 500,
          marksEveryMs: 500,
          answerMs: 1000,
          stopMs: 100,
          ...options.pace,
        },
      });
      running.add(outgoing);
      return outgoing;
    },
    async stopAll() {
      await Promise.all([...running].map((one) => one.stop()));
      running.clear();
    },
    /** Ends what a test has started, and removes its endpoints. */
    async reset() {
      await this.stopAll();
      for (const { id: endpointId } of directory.webhookEndpoints(TENANT))
        await changes.removeWebhookEndpoint(TENANT, { endpointId });
    },
    /** An endpoint for these events, and who receives them. */
    async endpoint(...events: NewsType[]) {
      const receiver = await startReceiver();
      receivers.push(receiver);
      const added = await changes.addWebhookEndpoint(TENANT, { url: receiver.url, events });
      if (typeof added === 'string') throw new Error(added);
      const { endpoint, secret } = added;
      const endpointId = endpoint.id;
      return { ...receiver, endpointId, secret, key: { tenantId: TENANT, endpointId } };
    },
    states: async (endpointId: string): Promise<string[]> =>
      (
        await pool.query('select state from reactions.webhook_deliveries where endpoint_id = $1 order by position, n', [
          endpointId,
        ])
      ).rows.map(({ state }) => state),
    breakOn(callId: string | undefined) {
      broken = callId;
    },
    /** All that Postgres has is lost, and the read model is built anew. */
    async losePostgres() {
      await projecting.stop();
      await pool.query('drop schema if exists projection, reactions, pgboss cascade');
      projecting = await startReading();
    },
    /** The read model is built anew beside itself, and swapped. */
    async rebuild() {
      const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
      const requested = await requestOperation(db, 'rebuild', 'calls');
      if (!('queued' in requested)) throw new Error('another operation is under way');
      await soon(async () => expect(await findOperation(db, requested.queued)).toMatchObject({ state: 'succeeded' }));
    },
    shown: (position: bigint) => projecting.waitUntilApplied('calls', position, 30_000),
    async stop() {
      for (const receiver of receivers) receiver.stop();
      await Promise.all([...running].map((one) => one.stop()));
      await projecting.stop();
      ending.abort();
      await stores.stop();
    },
  };
}
export type Scene = Awaited<ReturnType<typeof startScene>>;
