import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEventLog, type EventLog, type NewEvent } from '../../src/events/event-log.ts';
import { type Exports, exportRoutes } from '../../src/read-api/export/routes.ts';
import { accessWith } from '../support/admin-access.ts';
import { startHostedStore } from '../support/hosted-store.ts';
import { relayTo } from '../support/relay.ts';

const ADMIN_KEY = 'admin-key-of-the-tests';
export const headers = { authorization: `Bearer ${ADMIN_KEY}` };

/** An event store behind a network that can be broken, and exports of its log, without evidence. */
export async function exportedLog() {
  const dataDir = await mkdtemp(join(tmpdir(), 'call-ledger-export-'));
  const store = await startHostedStore({ dataDir });
  const relay = await relayTo(store.url);
  const connected = connectEventLog(relay.url);
  const read = { events: 0 };
  const log: EventLog = {
    ...connected,
    async *subscribe(options) {
      for await (const batch of connected.subscribe(options)) {
        read.events += batch.events.length;
        yield batch;
      }
    },
  };
  return {
    ...{ storeUrl: store.url, relay, log },
    /** Events that exports have taken out of the log so far. */
    read,
    routes: (): Exports =>
      exportRoutes({
        ...{ log, access: accessWith(ADMIN_KEY), logger: { error: () => {} } },
        isTenant: (id) => id !== 'nobody',
        readEvidence: async () => ({ verdict: 'expired' }),
      }),
    /** To a stream that is new. */
    async append(stream: string, events: readonly NewEvent[]): Promise<void> {
      for (let i = 0; i < events.length; i += 500) {
        const expected = i === 0 ? 'no_stream' : BigInt(i - 1);
        const { outcome } = await log.append(stream, expected, events.slice(i, i + 500));
        if (outcome !== 'appended') throw new Error('not appended');
      }
    },
    async stop() {
      await log.close();
      await relay.stop();
      await store.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export const newTenant = () => `t${randomUUID().slice(0, 8)}`;
export const event = (type = 'Happened', data: NewEvent['data'] = { n: 1 }): NewEvent => ({
  ...{ id: randomUUID(), type, data },
  metadata: { tenantId: 'acme', source: 'command', receivedAt: '2026-01-01T10:00:00.000Z', $correlationId: 'c' },
});

// biome-ignore lint/suspicious/noExplicitAny: a line is whatever it is until the test has looked
export const linesOf = (body: string): any[] =>
  body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
