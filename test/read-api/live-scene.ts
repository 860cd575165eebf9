import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { Kysely, PostgresDialect } from 'kysely';
import { pino } from 'pino';
import { afterAll, afterEach, beforeEach } from 'vitest';
import { roles } from '../../src/config.ts';
import { createReadPool } from '../../src/postgres/pool.ts';
import type { OutcomeChangeRow, ReadModel } from '../../src/projections/tables.ts';
import { type LiveFeedOptions, liveFeed } from '../../src/read-api/live/live-feed.ts';
import { answerUnhandled } from '../../src/read-api/unhandled.ts';
import { authenticate } from './callers.ts';
import type { Ears, Listen } from './live-clients.ts';
import { at, createReadModel } from './read-model.ts';

/** The feed as a process serves it, over a read model and a log that goes further than any cursor. */
export async function feedService(url: string, options: Partial<LiveFeedOptions> = {}) {
  const pool = createReadPool(url, { timeoutMs: 20_000 });
  const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool }) });
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const endOfLog = async () => 2n ** 63n - 1n;
  const live = liveFeed({ db, authenticate, logger, endOfLog, everyMs: 20, ...options });
  const root = new OpenAPIHono();
  answerUnhandled(root, logger, roles);
  root.route('/', live.routes);
  root.get('/plain', (c) => c.text('plain'));
  const server = serve({ fetch: root.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  live.attach(server);
  await once(server, 'listening');
  const stop = async () => {
    await live.close();
    await new Promise((resolve) => server.close(resolve));
    await db.destroy();
  };
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, stop, live, logged: () => lines.join('') };
}

/** A change of a call of tenant `acme`. */
export const outcomeChange = (position: string, row: Partial<OutcomeChangeRow> = {}): OutcomeChangeRow => ({
  position,
  tenant_id: 'acme',
  call_id: `call-${position}`,
  session_id: 'session',
  appointment_id: null,
  outcome: 'confirmed',
  changed_at: at('10:00:00'),
  status_reason: 'appointment_confirmed',
  occurred_at: at('09:59:00'),
  ...row,
});

/** A read model and a feed of a test file's own, with no change before each test. To be called at the top of the file. */
export async function liveFeedOfFile() {
  const readModel = await createReadModel();
  const serviceOf = (options: Partial<LiveFeedOptions> = {}, url = readModel.url) => feedService(url, options);
  const service = await serviceOf();
  const opened: Ears[] = [];
  beforeEach(async () => {
    await readModel.writer.deleteFrom('outcome_changes').execute();
    await readModel.writer.deleteFrom('appointment_changes').execute();
  });
  afterEach(() => {
    for (const ears of opened.splice(0)) ears.cut();
  });
  afterAll(async () => {
    await service.stop();
    await readModel.drop();
  });

  // Positions only grow, over all tests: the feed of one process goes on.
  let position = 1_000n;
  const now = () => `${position}`;
  const next = (places = 1) => {
    position += BigInt(places);
    return now();
  };
  /** Writes changes as the projection does: each call one transaction, in the order of their positions. */
  const happen = async (...rows: Partial<OutcomeChangeRow>[]): Promise<string[]> => {
    const whole = rows.map((row) => outcomeChange(row.position ?? next(), row));
    await readModel.writer.insertInto('outcome_changes').values(whole).execute();
    return whole.map(({ call_id }) => call_id);
  };
  return {
    ...{ readModel, service, serviceOf, now, next, happen },
    many: (count: number, row: Partial<OutcomeChangeRow> = {}) => happen(...Array.from({ length: count }, () => row)),
    /** Listens until the test is over. */
    async open(listen: Listen, ...[url, where]: Parameters<Listen>): Promise<Ears> {
      const ears = await listen(url, where);
      opened.push(ears);
      return ears;
    },
  };
}
