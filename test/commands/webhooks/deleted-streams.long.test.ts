import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { retryQuarantined } from '../../../src/commands/quarantine.ts';
import { openRecorder } from '../../../src/commands/webhooks/record.ts';
import { sha256 } from '../../../src/events/identity.ts';
import { evidenceVerdicts } from '../../../src/evidence/evidence.ts';
import { deleteStream, tombstoneStream } from '../../events/delete-stream-process.ts';
import { doorOfFile } from '../../support/store-of-file.ts';
import { type Door, directory, ended, newCallId, openDoor, someTenants } from './door.ts';

// An operator may delete streams with the event store's own tools: softly, or for good.

const { store, log, door } = await doorOfFile();

/** As a process that has not heard of any stream yet. */
async function withAnotherDoor<T>(use: (door: Door) => Promise<T>): Promise<T> {
  const other = await openDoor(log);
  try {
    await other.post(ended(newCallId()));
    return await use(other);
  } finally {
    await other.close();
  }
}
const reasonOf = async (body: string) =>
  ((await log.read(`quarantine-default.${sha256(body)}`)).at(-1)?.data as { reason?: string } | undefined)?.reason;
const saying = (callId: string, agent_name: string) => JSON.stringify(ended(callId, { agent_name }));

describe('what comes for a call that was deleted for good', () => {
  test.each(['call', 'evidence'])('is kept in quarantine where the %s stream was, again too', async (category) => {
    const callId = newCallId();
    expect((await door.post(saying(callId, 'first'))).status).toBe(204);
    await tombstoneStream(store.url, `${category}-default.${callId}`);
    for (const [at, words] of [
      [door, 'to a process that knows the stream'],
      [undefined, 'to one that does not'],
    ] as const) {
      const body = saying(callId, words);
      const post = (to: Door) => to.post(body);
      for (let i = 0; i < 2; i++) expect((await (at ? post(at) : withAnotherDoor(post))).status).toBe(204);
      expect(await reasonOf(body)).toBe('stream_deleted');
    }
  });

  test('is kept in quarantine also where the call was never heard of', async () => {
    const callId = newCallId();
    await tombstoneStream(store.url, `call-default.${callId}`);
    const body = saying(callId, 'first');
    expect((await door.post(body)).status).toBe(204);
    expect(await reasonOf(body)).toBe('stream_deleted');
    expect(door.logged().at(-1)).toMatchObject({ outcome: 'quarantined', reason: 'stream_deleted' });
  });

  test('stays there when it is retried', async () => {
    const callId = newCallId();
    await tombstoneStream(store.url, `call-default.${callId}`);
    const body = saying(callId, 'first');
    await door.post(body);
    const logger = pino({ level: 'silent' });
    const retry = () =>
      retryQuarantined(`default.${sha256(body)}`, {
        ...{ log, logger, recorder: openRecorder(log, 30_000), tenants: directory(someTenants) },
      });
    expect(await retry()).toEqual({ outcome: 'still_quarantined', reason: 'stream_deleted' });
    await tombstoneStream(store.url, `quarantine-default.${sha256(body)}`);
    expect(await retry()).toBeUndefined();
  });

  test('is answered 204 and kept nowhere where its quarantine was deleted for good too, and an error is logged', async () => {
    const body = `not JSON ${newCallId()}`;
    await tombstoneStream(store.url, `quarantine-default.${sha256(body)}`);
    expect((await door.post(body)).status).toBe(204);
    expect(door.logged().at(-1)).toMatchObject({ level: 50, outcome: 'not_kept', reason: 'quarantine_deleted' });
  });
});

test('a fact on record whose evidence was deleted for good is a duplicate when it comes again, and its evidence has expired', async () => {
  const callId = newCallId();
  const body = saying(callId, 'first');
  await door.post(body);
  await tombstoneStream(store.url, `evidence-default.${callId}`);
  expect((await door.post(body)).status).toBe(204);
  await withAnotherDoor(async (other) => {
    expect((await other.post(body)).status).toBe(204);
    expect(other.logged().at(-1)).toMatchObject({ outcome: 'duplicate' });
  });
  expect(await reasonOf(body)).toBeUndefined();
  const [fact] = await log.read(`call-default.${callId}`);
  expect(await evidenceVerdicts(log, someTenants[0]!, callId, [fact!.metadata as object])).toEqual(['expired']);
});

test.each(['call', 'evidence'])(
  'what comes for a call whose %s stream was deleted softly is recorded',
  async (category) => {
    for (const isKnown of [true, false]) {
      const callId = newCallId();
      await door.post(saying(callId, 'first'));
      await deleteStream(store.url, `${category}-default.${callId}`);
      const post = (to: Door) => to.post(saying(callId, 'second'));
      expect((await (isKnown ? post(door) : withAnotherDoor(post))).status).toBe(204);
      const facts = (await log.read(`call-default.${callId}`)).map(
        ({ data }) => (data as { agentName: string }).agentName,
      );
      expect(facts).toEqual(category === 'call' ? ['second'] : ['first', 'second']);
      expect(await log.read(`evidence-default.${callId}`)).toHaveLength(category === 'call' ? 2 : 1);
      expect((await post(door)).status).toBe(204);
      expect((await door.post(saying(callId, 'first'))).status).toBe(204); // what was deleted may stay so
    }
  },
);
