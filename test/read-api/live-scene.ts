import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { Kysely, PostgresDialect } from 'kysely';
import { pino } from 'pino';
import { createReadPool } from '../../src/postgres/pool.ts';
import type { OutcomeChangeRow, ReadModel } from '../../src/projections/tables.ts';
import { type LiveFeedOptions, liveFeed } from '../../src/read-api/live/live-feed.ts';
import { answerUnhandled } from '../../src/read-api/unhandled.ts';
import { authenticate } from './callers.ts';
import { at } from './read-model.ts';

/** The feed as a process serves it, over a read model and a log that goes further than any cursor. */
export async function feedService(url: string, options: Partial<LiveFeedOptions> = {}) {
  const pool = createReadPool(url, { timeoutMs: 20_000 });
  const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool }) });
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const endOfLog = async () => 2n ** 63n - 1n;
  const live = liveFeed({ db, authenticate, logger, endOfLog, everyMs: 20, ...options });
  const root = new OpenAPIHono();
  answerUnhandled(root, logger);
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
  ...row,
});
