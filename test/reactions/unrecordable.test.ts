import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UnrecordableEvent } from '../../src/events/codec.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import { recordMissing } from '../../src/reactions/reconciliation/missing-facts.ts';
import type { TenantRun } from '../../src/reactions/reconciliation/run.ts';
import { KEY, tenant } from '../commands/webhooks/door.ts';
import { type Scene, startScene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());

test.each(['TicketMailClaimed', 'TicketMailSent'])(
  'a mail of which %s cannot be recorded is set aside, and tried no more',
  async (type) => {
    let tries = 0;
    const log: EventLog = {
      ...scene.log,
      append: async (stream, expected, events) => {
        if (events[0]?.type !== type) return scene.log.append(stream, expected, events);
        tries++;
        throw new UnrecordableEvent(type, [{ path: 'data.opening', code: 'invalid_type' }]);
      },
    };
    const call = `call_without_${type}`;
    const mail = scene.start({ log });
    await scene.need(call);
    const dead = async () => ((await mail.deadLetters()) ?? []).filter(({ callId }) => callId === call);
    await expect.poll(dead).toMatchObject([{ reason: 'unrecordable' }]);
    expect(tries).toBe(1);
    await scene.stopAll();
  },
);

test('a call of which nothing can be recorded is passed over, and the run goes on to the next', async () => {
  const report = { unreadable: 0, recorded: 0, duplicates: 0 };
  const lines: string[] = [];
  const run = {
    ...{ tenant: tenant('default', [KEY]), owner: { tenantId: 'default', isTenant: () => false }, report },
    ...{ log: { read: async () => [] }, now: () => Date.now() },
    records: { endpointOf: async () => 'retell' },
    logger: pino({}, { write: (line: string) => void lines.push(line) }),
    recorder: {
      record: async () => {
        throw new UnrecordableEvent('CallEnded', [{ path: 'data.endedAt', code: 'invalid_format' }]);
      },
    },
  } as unknown as TenantRun;
  const call = { call_id: 'call_1', call_status: 'ended', end_timestamp: Date.now() };
  expect(await recordMissing(run, 'call_1', call)).toBe('unreadable');
  expect(report.unreadable).toBe(1);
  expect(lines.join('')).toContain('reconciled_call_unreadable');
});
