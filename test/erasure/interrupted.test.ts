import { describe, expect, test } from 'vitest';
import { callOf } from '../../src/erasure/erase-all-of.ts';
import { erasureIn, withoutErased } from '../../src/events/erased.ts';
import type { EventLog, Expected, NewEvent } from '../../src/events/event-log.ts';
import { appendMissing, streamMemory } from '../../src/events/idempotent-append.ts';
import { sha256 } from '../../src/events/identity.ts';
import type { Recorded } from '../../src/events/recorded.ts';
import { callStream, evidenceStream } from '../../src/events/streams.ts';
import * as controls from '../projections/controls.ts';
import { recorded } from '../projections/controls.ts';
import { inbound, staffSays } from '../projections/tickets-controls.ts';
import { CANARY, NUMBER } from './facts.ts';

const TENANT = 'acme';
const erasure = { id: 'ers_1', by: 'admin', requestedAt: '2026-02-01T00:00:00.000Z' } as const;
const CALL = callStream(TENANT, 'call_1');
const EVIDENCE = evidenceStream(TENANT, 'call_1');

/** A log in memory that is lost at its n-th word, before or after it has done what was asked. */
function logOf(events: readonly Recorded[]) {
  const streams = Map.groupBy([...events], ({ stream }) => stream);
  const hidden = new Map<string, bigint>();
  const plan = { lostAt: Number.POSITIVE_INFINITY, done: false, meanwhile: async (_word: number) => {} };
  let words = 0;
  let position = 10_000n;
  const word = async <T>(act: () => T): Promise<T> => {
    const n = ++words;
    await plan.meanwhile(n);
    if (n !== plan.lostAt) return act();
    if (plan.done) act();
    throw new Error('killed');
  };
  const left = (stream: string) =>
    (streams.get(stream) ?? []).filter(({ revision }) => revision >= (hidden.get(stream) ?? 0n));
  const append = (stream: string, expected: Expected, some: readonly NewEvent[], _withinMs?: number) => {
    const all = streams.get(stream) ?? [];
    const actual = all.at(-1)?.revision ?? 'no_stream';
    if (actual !== expected) return { outcome: 'conflict', actual } as const;
    for (const { id, type, data, metadata } of some) {
      const revision = BigInt(all.length === 0 ? 0 : Number(all.at(-1)!.revision) + 1);
      const json = data instanceof Uint8Array ? data : JSON.parse(JSON.stringify(data));
      all.push({
        id,
        type,
        data: json,
        metadata,
        stream,
        revision,
        position: position++,
        recordedAt: erasure.requestedAt,
      });
    }
    streams.set(stream, all);
    return { outcome: 'appended', revision: all.at(-1)!.revision, position } as const;
  };
  const log = {
    read: (stream: string) => word(() => withoutErased(left(stream))),
    append: (stream: string, expected: Expected, some: readonly NewEvent[]) =>
      word(() => append(stream, expected, some)),
    truncateBefore: (stream: string, revision: bigint) =>
      word(() => {
        hidden.set(stream, revision);
        return position++;
      }),
  } as unknown as EventLog;
  const quietly = {
    ...log,
    read: async (stream: string) => withoutErased(left(stream)),
    append: async (...args: Parameters<EventLog['append']>) => append(...args),
  } as EventLog;
  return { log, quietly, plan, left, words: () => words, all: () => [...streams.values()].flat() };
}

const facts = recorded(
  controls.started({ direction: 'inbound', appointmentId: 'apt_1', personal: { fromNumber: NUMBER } }, inbound),
  controls.analyzed(
    { flags: { appointment_confirmed: true }, personal: { fromNumber: NUMBER, transcript: CANARY } },
    inbound,
  ),
  controls.registered({ note: CANARY }, 'apt_1'),
  staffSays('resolved', CANARY, 'call_1'),
);
const world = (): Recorded[] => {
  const revisions = new Map<string, bigint>();
  const events: Recorded[] = facts.map(({ id, type, data, metadata, stream, position, recordedAt }) => {
    const revision = revisions.get(stream) ?? 0n;
    revisions.set(stream, revision + 1n);
    return { id, type, data, metadata, stream, position, recordedAt, revision };
  });
  const bytes = { id: 'e', type: 'RawDeliveryPart', data: Buffer.from(CANARY), metadata: {}, stream: EVIDENCE };
  return [...events, { ...bytes, revision: 0n, position: 500n, recordedAt: erasure.requestedAt }];
};
const erase = (log: EventLog) =>
  callOf({ log, now: () => Date.parse(erasure.requestedAt) }, TENANT, erasure, 'call_1', new Set());
const textOf = (events: readonly Recorded[]) =>
  JSON.stringify(events, (_, value) =>
    typeof value === 'bigint' ? `${value}` : value?.type === 'Buffer' ? Buffer.from(value).toString() : value,
  );
const shown = ({ left, all }: ReturnType<typeof logOf>) =>
  [...new Set(all().map(({ stream }) => stream))]
    .sort()
    .flatMap((stream) => left(stream).map(({ id, type, data, revision }) => ({ stream, id, type, data, revision })));

const whole = logOf(world());
await erase(whole.log);
const steps = Array.from({ length: whole.words() }, (_, i) => i + 1);

describe('an erasure', () => {
  test('leaves nothing of the person', () => {
    const text = textOf(shown(whole) as never);
    for (const canary of [CANARY, NUMBER]) expect(text).not.toContain(canary);
    expect(whole.left(EVIDENCE).map(({ type }) => type)).toEqual(['EvidenceErased']);
    expect(erasureIn(whole.left(CALL))).toEqual(erasure);
  });

  test.each(
    steps.flatMap(
      (step) =>
        [
          [step, false],
          [step, true],
        ] as const,
    ),
  )('killed at its word %i (done: %s) and taken up again is the same', async (lostAt, done) => {
    const killed = logOf(world());
    Object.assign(killed.plan, { lostAt, done });
    await expect(erase(killed.log)).rejects.toThrow('killed');
    await erase(killed.log);
    expect(shown(killed)).toEqual(shown(whole));
    await erase(killed.log);
    expect(shown(killed)).toEqual(shown(whole));
  });

  test.each(steps)('beside a webhook that is recorded at its word %i ends erased', async (at) => {
    const world_ = logOf(world());
    const late = {
      id: 'late',
      type: 'CallEnded',
      data: { callId: 'call_1', personal: { transcript: CANARY } },
      metadata: facts[0]!.metadata,
    };
    const { personal: _, ...open } = late.data;
    const written = { stream: CALL, events: [late], whenErased: () => [{ ...late, data: open }] };
    const signed = { deliveryId: 'late', part: 0, parts: 1, sha256: sha256(CANARY), bytes: CANARY.length };
    const how = { signatureHeader: 'v=1,d=0', keyId: 'key', verdict: 'authentic', receivedAt: erasure.requestedAt };
    const metadata = { tenantId: TENANT, ...signed, ...how };
    const bytes = { id: 'late bytes', type: 'RawDeliveryPart', data: Buffer.from(CANARY), metadata };
    // What the door knew of the streams before, so that its append may be at a revision that is over.
    const memory = streamMemory();
    memory.keep(CALL, { revision: 1n, ids: new Set() });
    memory.keep(EVIDENCE, { revision: 0n, ids: new Set() });
    const writing = { log: world_.quietly, memory, deadline: performance.now() + 5000 };
    world_.plan.meanwhile = async (word) => {
      if (word !== at) return;
      await appendMissing({ stream: EVIDENCE, events: [bytes as never] }, writing);
      await appendMissing(written as never, writing);
    };
    await erase(world_.log);
    const text = textOf(shown(world_) as never);
    expect(text).toContain('"late"');
    for (const canary of [CANARY, NUMBER]) expect(text, `word ${at}`).not.toContain(canary);
    expect(world_.left(EVIDENCE).map(({ type }) => type)).toEqual(['EvidenceErased']);
  });
});
