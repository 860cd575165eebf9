// A file, and so a process, of its own: there is one event-store client per process.
import { test } from 'vitest';
import { eventLogContract } from './event-log.contract.ts';

const url = process.env.TEST_EVENTSTORE_URL;

if (url) {
  eventLogContract('the event log on a live EventStoreDB', async () => ({ url, stop: async () => {} }));
} else {
  const reason = 'skipped: no TEST_EVENTSTORE_URL';
  process.stdout.write(
    `\nthe event log on a live EventStoreDB: ${reason} (one node, e.g. esdb://127.0.0.1:2113?tls=false)\n`,
  );
  test.skip(`the event log on a live EventStoreDB (${reason})`, () => {});
}
