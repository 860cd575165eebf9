import { pino } from 'pino';
import { expect, test } from 'vitest';
import { openRequests } from '../../../src/commands/calls/open-requests.ts';
import type { EventLog } from '../../../src/events/event-log.ts';
import type { SubscriptionOptions } from '../../../src/events/subscription.ts';
import { storeOfFile } from '../../support/store-of-file.ts';

// What a start, and each reconciliation, reads of the sessions' streams.

const { log } = await storeOfFile();

const metadata = {
  tenantId: 'default',
  source: 'command',
  receivedAt: '2026-01-01T00:00:00.000Z',
  $correlationId: 'x',
};
const numbers = { fromNumber: '+442079460018', toNumber: '+447700900123' };
const requested = (session: string) =>
  log.append(`session-default.${session}`, 'no_stream', [
    {
      ...{ id: crypto.randomUUID(), type: 'CallRequested', metadata },
      data: { ...numbers, requestDigest: 'd', by: 'key-1' },
    },
  ]);
const placed = (session: string) =>
  log.append(`session-default.${session}`, 0n, [
    { id: crypto.randomUUID(), type: 'CallPlaced', data: { retellCallId: `call_${session}` }, metadata },
  ]);

/** The open requests, and how many facts had to be read for them. */
async function look() {
  let read = 0;
  const counting: EventLog = {
    ...log,
    async *subscribe(options: SubscriptionOptions) {
      for await (const batch of log.subscribe(options)) {
        read += batch.events.length;
        yield batch;
      }
    },
  };
  const signal = new AbortController().signal;
  const open = await openRequests({ log: counting, logger: pino({ level: 'silent' }), signal });
  return { open: open.map(({ sessionId }) => sessionId).sort(), read };
}

test('only what has come since the last reading is read, and nothing that is open is forgotten', async () => {
  expect(await look()).toEqual({ open: [], read: 0 });
  for (let i = 0; i < 30; i++) {
    await requested(`cs_done_${i}`);
    await placed(`cs_done_${i}`);
  }
  await requested('cs_old');
  expect(await look()).toEqual({ open: ['cs_old'], read: 61 });
  expect(await look()).toEqual({ open: ['cs_old'], read: 0 });
  await requested('cs_new');
  expect(await look()).toEqual({ open: ['cs_new', 'cs_old'], read: 1 });
  await placed('cs_old');
  expect(await look()).toEqual({ open: ['cs_new'], read: 1 });
  await placed('cs_new');
  expect(await look()).toEqual({ open: [], read: 1 });
});

test('of many that look at once each sees the same, and the log takes one word', async () => {
  await requested('cs_seen_by_all');
  const all = await Promise.all(Array.from({ length: 8 }, look));
  for (const { open } of all) expect(open).toEqual(['cs_seen_by_all']);
  expect(await look()).toEqual({ open: ['cs_seen_by_all'], read: 0 });
});
