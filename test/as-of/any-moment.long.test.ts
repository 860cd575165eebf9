import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HistoryItem } from '../../src/read-api/history.ts';
import * as controls from '../projections/controls.ts';
import {
  archived,
  changed,
  idOf,
  minute,
  placed,
  placementFailed,
  registered,
  requested,
  type Said,
  unarchived,
} from '../projections/controls.ts';
import { inbound, mailFailed, mailNotSent, mailSent, outbound, staffSays } from '../projections/tickets-controls.ts';
import { type Kind, kinds, of, type Scene, startScene } from './scene.ts';

// What `at=` answers is what the read model held when it had heard of nothing later (docs/rules.md, "API shapes").

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene?.stop());

const some = <T>(...values: T[]) => fc.constantFrom(...values);
const claims = fc.record(
  {
    direction: some('outbound' as const, 'outbound' as const, 'inbound' as const, 'web' as const),
    callSessionId: some('cs_1', 'cs_2', 'cs_3'),
    appointmentId: some('apt_1', 'apt_2'),
    disconnectionReason: some('user_hangup', 'dial_busy', 'call_transfer'),
    startedAt: some(minute(0), minute(5)),
    flags: some(
      { appointment_confirmed: true },
      { appointment_cancelled: true, action_required: true },
      { appointment_rescheduled: true, action_required: false },
      {},
    ),
    personal: fc.record({
      fromNumber: some('+4930123456', 'withheld'),
      toNumber: some('+4930111222', '+4930111333'),
      transcript: some('hello', 'a \ud800 lone one and a \u0000'),
      custom: some({}, { new_datetime: '2026-05-01T10:00', z: 1, ab: { ccc: 1, b: [{ zz: null, y: 1e21 }] } }),
    }),
  },
  { requiredKeys: ['direction', 'personal'] },
);
const callId = some('call_1', 'call_2', 'call_3', 'call_4', 'call_5');
const callFact = fc
  .tuple(
    some(controls.started, controls.ended, controls.analyzed, controls.transferEnded, controls.unrecognized),
    claims,
    some({}, { occurredAt: minute(2) }, { occurredAt: minute(1) }, inbound, outbound),
    callId,
  )
  .map(([about, what, metadata, call]) => about(what, metadata, call));
const others = some<Said>(
  requested({ toNumber: '+4930111222', appointmentId: 'apt_1' }, 'cs_1'),
  requested({ toNumber: '+4930111333' }, 'cs_2'),
  requested({ toNumber: '+4930111333', appointmentId: 'apt_3' }, 'cs_3'),
  requested({ appointmentId: 'apt_2' }, 'cs_2'),
  requested({ toNumber: '+4930111222' }, 'cs_4'),
  placed('call_1', 'cs_2'),
  placed('call_2', 'cs_1'),
  placed('call_2', 'cs_4'),
  placed('call_9', 'cs_3'),
  placementFailed('refused', 'cs_1'),
  registered({ startsAt: '2026-04-01T10:00:00Z' }, 'apt_1'),
  changed({ status: 'cancelled', note: 'phoned' }, 'apt_2'),
  changed({ startsAt: '2026-04-02T10:00:00Z' }, 'apt_1'),
  ...['call_1', 'call_2'].flatMap((call) => [
    archived(call),
    unarchived(call),
    staffSays('resolved', 'done', call),
    mailSent(1, call),
    mailFailed(1, call),
    mailNotSent('no_smtp', 2, call),
  ]),
);
const world = fc.uniqueArray(fc.oneof({ weight: 3, arbitrary: callFact }, { weight: 2, arbitrary: others }), {
  minLength: 12,
  maxLength: 20,
  selector: idOf,
});
const ids: Readonly<Record<Kind, readonly string[]>> = {
  callSession: [1, 2, 3, 4, 5, 9].flatMap((n) => [`cs_${n}`, `call:call_${n}`, ...(n === 2 ? ['call_2'] : [])]),
  appointment: ['apt_1', 'apt_2', 'apt_3'],
  ticket: ['tkt_call_1', 'tkt_call_2', 'tkt_call_3', 'tkt_call_9'],
};

const WHOLE = { after: -1n, limit: Number.POSITIVE_INFINITY };
/** A document without what is null in it, as changes tell that there is no value. */
const withoutNull = (document: object) =>
  Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null));
const parsed = (text = '{}') => withoutNull(JSON.parse(text));
const sumOf = (items: readonly Pick<HistoryItem, 'changes'>[]) =>
  withoutNull(Object.fromEntries(items.flatMap(({ changes }) => changes.map(({ field, to }) => [field, to]))));

/** `TEST_WORLDS=30` looks longer. */
const WORLDS = Number(process.env.TEST_WORLDS ?? 4);

test('at the position of any fact, and at its time, stands what the read model held when that was the last', {
  timeout: 180_000,
}, async () => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000_000);
  // Each world is a tenant of its own; all of them go on at the same time, in one log.
  const worlds = fc.sample(world, { numRuns: WORLDS, seed }).map((said, index) => of(`t${index}`, ...said));
  const rounds: { position: bigint; time: number; shown: Map<string, string>[] }[] = [];
  for (let round = 0; round < 20; round++) {
    const said = worlds.flatMap((one) => one.slice(round, round + 1));
    if (said.length === 0) break;
    const position = await scene.tell(...said);
    const last = (await scene.stores.log.read(said.at(-1)!.stream, { backwards: true, max: 1 }))[0]!;
    const shown = await Promise.all(worlds.map((_, index) => scene.now(`t${index}`)));
    rounds.push({ position, time: Date.parse(last.recordedAt), shown });
  }
  const asked = worlds.flatMap((_, index) => {
    const some = rounds.filter((_, round) => (round + index) % 5 === 0 || round === rounds.length - 1);
    return some.flatMap(({ position, time, shown }) =>
      kinds.flatMap((kind) =>
        ids[kind].map((id) => ({ kind, id, index, moment: index % 3 ? { position } : { time }, shown: shown[index]! })),
      ),
    );
  });
  for (let i = 0; i < asked.length; i += 16) {
    await Promise.all(
      asked.slice(i, i + 16).map(async ({ kind, id, index, moment, shown }) => {
        const found = await scene.asOf(kind, id, moment, `t${index}`);
        const at = Object.values(moment).join();
        expect(found, `TEST_SEED=${seed}, t${index}, ${kind} ${id} at ${at}`).toBe(shown.get(`${kind} ${id}`));
      }),
    );
  }
  for (const index of worlds.keys()) {
    const tenantId = `t${index}`;
    for (const id of ids.appointment) {
      const { items } = await scene.histories.appointment({ tenantId, id }, WHOLE);
      expect(sumOf(items), `TEST_SEED=${seed}, ${tenantId}, history of ${id}`).toEqual(
        parsed(rounds.at(-1)!.shown[index]!.get(`appointment ${id}`)),
      );
    }
    for (const id of ids.ticket) {
      const { items } = await scene.histories.ticket({ tenantId, id, callId: id.slice('tkt_'.length) }, WHOLE);
      expect(sumOf(items), `TEST_SEED=${seed}, ${tenantId}, history of ${id}`).toEqual(
        parsed(rounds.at(-1)!.shown[index]!.get(`ticket ${id}`)),
      );
    }
  }
  const known = asked.filter(({ kind, id, shown }) => shown.has(`${kind} ${id}`)).length;
  expect([known > asked.length / 4, asked.length - known > asked.length / 20]).toEqual([true, true]);
});
