import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventLog } from '../../src/events/event-log.ts';
import { ReadModelBehind } from '../../src/read-api/as-of.ts';
import { asOf } from '../../src/time-travel/as-of.ts';
import {
  analyzed,
  archived,
  changed,
  ended,
  idOf,
  linked,
  placed,
  registered,
  requested,
  started,
  textPart,
  unarchived,
} from '../projections/controls.ts';
import { inbound, mailSent, staffSays } from '../projections/tickets-controls.ts';
import { eventually } from '../support/service.ts';
import { type Kind, type Scene, startScene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene?.stop());

/** What was known of it at a position; undefined: nothing. */
async function then(kind: Kind, id: string, position: bigint) {
  const json = await scene.asOf(kind, id, { position });
  return json === undefined ? undefined : JSON.parse(json);
}

describe('a call session', () => {
  test('has, before its own id is known, that of its call, which goes on answering', async () => {
    const first = await scene.tell(started({ direction: 'outbound' }, {}, 'call_a'));
    const named = await scene.tell(ended({ callSessionId: 'cs_a' }, {}, 'call_a'));
    expect(await then('callSession', 'cs_a', first)).toBeUndefined();
    expect(await then('callSession', 'call:call_a', first)).toMatchObject({ id: 'call:call_a', revision: 1 });
    expect(await then('callSession', 'call:call_a', named)).toMatchObject({ id: 'cs_a', revision: 2 });
    expect(await then('callSession', 'cs_a', named)).toMatchObject({ id: 'cs_a', retellCallIds: ['call_a'] });
  });

  test('has a call that has since gone to another', async () => {
    const first = await scene.tell(started({ callSessionId: 'cs_b1' }, {}, 'call_b'));
    const moved = await scene.tell(ended({ callSessionId: 'cs_b2' }, {}, 'call_b'));
    expect(await then('callSession', 'cs_b1', first)).toMatchObject({ retellCallIds: ['call_b'] });
    expect(await then('callSession', 'cs_b1', moved)).toBeUndefined();
    expect(await then('callSession', 'cs_b2', first)).toBeUndefined();
  });

  test('has a call that its number led to it, until the call itself says otherwise', async () => {
    const to = { direction: 'outbound', personal: { toNumber: '+4930555' } } as const;
    const waiting = await scene.tell(requested({ toNumber: '+4930555' }, 'cs_c'));
    const alone = await scene.tell(started(to, {}, 'call_c'));
    const matched = await scene.tell(linked('cs_c', 'call_c'));
    const said = await scene.tell(ended({ ...to, callSessionId: 'cs_c2' }, {}, 'call_c'));
    expect(await then('callSession', 'cs_c', waiting)).toMatchObject({ retellCallIds: [], statusReason: 'requested' });
    expect(await then('callSession', 'cs_c', alone)).toMatchObject({ retellCallIds: [] });
    expect(await then('callSession', 'call:call_c', alone)).toMatchObject({ id: 'call:call_c' });
    const found = { retellCallIds: ['call_c'], matchedByPhoneNumber: ['call_c'] };
    expect(await then('callSession', 'cs_c', matched)).toMatchObject(found);
    expect(await then('callSession', 'call:call_c', matched)).toMatchObject({ id: 'cs_c' });
    expect(await then('callSession', 'cs_c', said)).toMatchObject({ retellCallIds: [] });
  });

  test('has a call that was placed for it, until the call itself says otherwise', async () => {
    const asked = await scene.tell(requested({ toNumber: '+4930666' }, 'cs_d'));
    const dialled = await scene.tell(placed('call_d', 'cs_d'));
    const heardOf = await scene.tell(started({ agentName: 'Ada' }, {}, 'call_d'));
    const elsewhere = await scene.tell(ended({ callSessionId: 'cs_d2' }, {}, 'call_d'));
    expect(await then('callSession', 'call:call_d', asked)).toBeUndefined();
    expect(await then('callSession', 'call:call_d', dialled)).toMatchObject({ id: 'cs_d', retellCallId: 'call_d' });
    expect(await then('callSession', 'cs_d', heardOf)).toMatchObject({ agentName: 'Ada', revision: 3 });
    expect(await then('callSession', 'cs_d', elsewhere)).not.toHaveProperty('agentName');
    expect(await then('callSession', 'call:call_d', elsewhere)).toMatchObject({ id: 'cs_d2' });
  });

  test('was archived then, whatever it is now; and a long text is whole', async () => {
    const long = ended({ personalParts: 2 }, {}, 'call_e');
    const [one, two] = ['{"transcript":"a lo', 'ng talk"}'];
    const begun = await scene.tell(
      started({}, {}, 'call_e'),
      textPart(idOf(long), 0, one, 'call_e'),
      textPart(idOf(long), 1, two, 'call_e'),
    );
    const kept = await scene.tell(long, archived('call_e'));
    await scene.tell(unarchived('call_e'));
    expect(await then('callSession', 'call:call_e', begun)).toMatchObject({ archived: false, revision: 1 });
    expect(await then('callSession', 'call:call_e', begun)).not.toHaveProperty('transcript');
    expect(await then('callSession', 'call:call_e', kept)).toMatchObject({ archived: true, transcript: 'a long talk' });
  });
});

test('an appointment is where staff had put it then, and as the call had it that is now in another session', async () => {
  const set = await scene.tell(registered({ startsAt: '2026-04-01T10:00:00.000Z' }, 'apt_f'));
  const confirmed = await scene.tell(
    analyzed(
      { callSessionId: 'cs_f', appointmentId: 'apt_f', flags: { appointment_confirmed: true } },
      { occurredAt: '2026-01-01T09:00:00Z' },
      'call_f',
    ),
  );
  const movedByStaff = await scene.tell(changed({ startsAt: '2026-04-02T10:00:00.000Z', note: 'phoned' }, 'apt_f'));
  const takenAway = await scene.tell(ended({ appointmentId: 'apt_g', callSessionId: 'cs_g' }, {}, 'call_f'));
  const startsAt = '2026-04-01T10:00:00.000Z';
  expect(await then('appointment', 'apt_f', set)).toMatchObject({ status: 'scheduled', startsAt, notes: [] });
  expect(await then('appointment', 'apt_f', confirmed)).toMatchObject({ decidedByCallId: 'call_f', startsAt });
  expect(await then('appointment', 'apt_f', movedByStaff)).toMatchObject({
    status: 'confirmed',
    startsAt: '2026-04-02T10:00:00.000Z',
    notes: [{ text: 'phoned' }],
  });
  expect(await then('appointment', 'apt_f', takenAway)).toMatchObject({ status: 'scheduled' });
  expect(await then('appointment', 'apt_g', movedByStaff)).toBeUndefined();
});

test('a ticket has the session, the customer, the standing and the mail that it had then', async () => {
  const from = { direction: 'inbound', personal: { fromNumber: '+4930123456' } } as const;
  const opened = await scene.tell(started({ direction: 'inbound' }, inbound, 'call_h'));
  const required = await scene.tell(analyzed({ ...from, flags: { action_required: true } }, inbound, 'call_h'));
  const sent = await scene.tell(mailSent(1, 'call_h'), ended({ callSessionId: 'cs_h' }, inbound, 'call_h'));
  await scene.tell(staffSays('closed', '', 'call_h'));
  const id = 'tkt_call_h';
  const first = await then('ticket', id, opened);
  expect(first).toMatchObject({ sessionId: 'call:call_h', mail: 'none', actionRequired: null });
  expect(first).not.toHaveProperty('customerId');
  const customerId = expect.stringMatching(/^cus_/);
  expect(await then('ticket', id, required)).toMatchObject({ customerId, mail: 'queued', sessionId: 'call:call_h' });
  expect(await then('ticket', id, sent)).toMatchObject({ mail: 'sent', sessionId: 'cs_h', setBy: 'rule' });
});

test('what was answered for a moment stays the answer, whatever is told later', async () => {
  const asked = ['callSession cs_i', 'callSession call:call_i', 'appointment apt_i', 'ticket tkt_call_i'];
  const moments = [
    await scene.tell(requested({ toNumber: '+4930777', appointmentId: 'apt_i' }, 'cs_i')),
    await scene.tell(started({ direction: 'outbound', personal: { toNumber: '+4930777' } }, inbound, 'call_i')),
    await scene.tell(analyzed({ flags: { appointment_confirmed: true, action_required: true } }, inbound, 'call_i')),
  ];
  const [last] = await scene.stores.log.read('call-acme.call_i', { backwards: true, max: 1 });
  const all = async () => {
    const answers: (string | undefined)[] = [];
    for (const moment of [...moments.map((position) => ({ position })), { time: Date.parse(last!.recordedAt) }])
      for (const [kind, id] of asked.map((name) => name.split(' ') as [Kind, string]))
        answers.push(await scene.asOf(kind, id, moment));
    return answers;
  };
  const before = await all();
  expect(before.filter((answer) => answer === undefined)).toHaveLength(2); // of the call nobody had heard at first
  await scene.tell(
    ended({ callSessionId: 'cs_j', appointmentId: 'apt_j' }, { occurredAt: '2026-01-01T00:00:00Z' }, 'call_i'),
    analyzed({ flags: { appointment_cancelled: true } }, inbound, 'call_i'),
    requested({ toNumber: '+4930778', appointmentId: 'apt_j' }, 'cs_i'),
    started({ callSessionId: 'cs_i', appointmentId: 'apt_i' }, {}, 'call_j'),
    registered({ status: 'cancelled' }, 'apt_i'),
    staffSays('resolved', '', 'call_i'),
    archived('call_i'),
  );
  expect(await all()).toEqual(before);
});

test('a moment in the future is now, and before the first fact there is nothing', async () => {
  const before = await scene.tell(started({}, {}, 'call_k'));
  const known = await scene.tell(
    started({ appointmentId: 'apt_l' }, { ...inbound, occurredAt: '2026-01-01T12:00:00Z' }, 'call_l'),
    ended({ appointmentId: 'apt_l' }, { occurredAt: '2026-01-01T09:00:00Z' }, 'call_k'),
  );
  const now = await scene.now();
  for (const [kind, id] of [
    ['callSession', 'call:call_l'],
    ['appointment', 'apt_l'],
    ['ticket', 'tkt_call_l'],
  ] as const) {
    for (const moment of [{ position: known }, { position: 10n ** 30n }, { time: Date.now() + 3_600_000 }])
      expect(await scene.asOf(kind, id, moment)).toBe(now.get(`${kind} ${id}`));
    for (const moment of [{ position: before }, { position: 0n }, { time: 0 }])
      expect(await scene.asOf(kind, id, moment)).toBeUndefined();
  }
});

test("another tenant's facts are not there at any time", async () => {
  const position = await scene.tell(analyzed({ callSessionId: 'cs_m', appointmentId: 'apt_m' }, inbound, 'call_m'));
  for (const [kind, id] of [
    ['callSession', 'cs_m'],
    ['callSession', 'call:call_m'],
    ['appointment', 'apt_m'],
    ['ticket', 'tkt_call_m'],
  ] as const) {
    expect(await scene.asOf(kind, id, { position })).toBeDefined();
    expect(await scene.asOf(kind, id, { position }, 'other')).toBeUndefined();
  }
});

test('while the read model is behind, what it cannot yet know is not answered, and the rest is', async () => {
  const before = await scene.tell(started({ callSessionId: 'cs_n' }, {}, 'call_n'));
  const { resume } = await scene.pause();
  const after = await scene.stores.say(started({ callSessionId: 'cs_n' }, {}, 'call_o'));
  const [earlier] = await scene.stores.log.read('call-acme.call_n');
  const [event] = await scene.stores.log.read('call-acme.call_o');
  const answered = await scene.asOf('callSession', 'cs_n', { position: before });
  expect(await scene.asOf('callSession', 'cs_n', { time: Date.parse(earlier!.recordedAt) })).toBe(answered);
  const since = [{ position: after }, { time: Date.parse(event!.recordedAt) }];
  const refused = since.map((moment) =>
    expect(scene.asOf('callSession', 'cs_n', moment)).rejects.toThrow(ReadModelBehind),
  );
  await Promise.all(refused);
  let asked = 0;
  const log: EventLog = {
    ...scene.stores.log,
    subscribe: (options) => {
      asked++;
      return scene.stores.log.subscribe(options);
    },
  };
  const past = asOf({ log, db: scene.db }).callSession('acme', 'cs_n', { position: after });
  await expect(past).rejects.toThrow(ReadModelBehind);
  expect(asked, 'the log is asked once, however long the read model is waited for').toBe(1);
  const waiting = eventually(() => then('callSession', 'cs_n', after));
  await resume();
  expect(await waiting).toMatchObject({ retellCallIds: ['call_n', 'call_o'] });
  expect(await scene.asOf('callSession', 'cs_n', { position: before })).toBe(answered);
});
