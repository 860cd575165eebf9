import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HistoryItem } from '../../src/read-api/history.ts';
import {
  analyzed,
  changed,
  ended,
  minute,
  placed,
  registered,
  requested,
  started,
  TENANT,
} from '../projections/controls.ts';
import { inbound, mailRedriven, mailSent, staffSays } from '../projections/tickets-controls.ts';
import { type Scene, startScene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene?.stop());

const WHOLE = { after: -1n, limit: 200 };
const changesOf = ({ changes }: HistoryItem, ...fields: string[]) =>
  Object.fromEntries(changes.filter(({ field }) => fields.includes(field)).map(({ field, to }) => [field, to]));

test('an appointment tells what calls and staff made of it, with which key, and also of the calls that decided nothing', async () => {
  const startsAt = '2026-04-01T10:00:00.000Z';
  await scene.tell(
    registered({ startsAt, by: 'key-1' }, 'apt_1'),
    requested({ appointmentId: 'apt_1', by: 'key-2' }, 'cs_1'),
    placed('call_1', 'cs_1'),
    ended({ disconnectionReason: 'dial_no_answer', startedAt: minute(2) }, { occurredAt: minute(3) }, 'call_1'),
    started({}, {}, 'call_other'),
    placed('call_2', 'cs_1'),
    analyzed({ startedAt: minute(4), flags: { appointment_confirmed: true } }, { occurredAt: minute(5) }, 'call_2'),
    changed({ status: 'cancelled', note: 'phoned', by: 'key-3' }, 'apt_1'),
  );
  const of = { tenantId: TENANT, id: 'apt_1' };
  const { items, hasMore } = await scene.histories.appointment(of, WHOLE);
  expect(hasMore).toBe(false);
  expect(items.map(({ type, callId, keyId, note, evidence }) => [type, callId, keyId, note, evidence])).toEqual([
    ['AppointmentRegistered', undefined, 'key-1', undefined, 'none'],
    ['CallRequested', undefined, 'key-2', undefined, 'none'],
    ['CallPlaced', undefined, undefined, undefined, 'none'],
    ['CallEnded', 'call_1', undefined, undefined, 'none'],
    ['CallPlaced', undefined, undefined, undefined, 'none'],
    ['CallAnalyzed', 'call_2', undefined, undefined, 'none'],
    ['AppointmentChanged', undefined, 'key-3', 'phoned', 'none'],
  ]);
  const decided = (item: HistoryItem) => changesOf(item, 'status', 'statusReason', 'decidedByCallId', 'decidedBy');
  expect(items.map(decided)).toEqual([
    { status: 'scheduled' },
    ...[{}, {}, {}, {}],
    {
      status: 'confirmed',
      statusReason: 'appointment_confirmed',
      decidedByCallId: 'call_2',
      decidedBy: { kind: 'call', callId: 'call_2', sessionId: 'cs_1', at: minute(4) },
    },
    {
      status: 'cancelled',
      statusReason: 'staff',
      decidedByCallId: null,
      decidedBy: { kind: 'staff', keyId: 'key-3', at: expect.any(String) },
    },
  ]);
  const first = await scene.histories.appointment(of, { after: -1n, limit: 5 });
  expect([first.items, first.hasMore]).toEqual([items.slice(0, 5), true]);
  const rest = await scene.histories.appointment(of, { after: BigInt(first.items.at(-1)!.position), limit: 5 });
  expect([rest.items, rest.hasMore]).toEqual([items.slice(5), false]);
});

test('an appointment tells of a call that was about it and is not any more', async () => {
  await scene.tell(
    analyzed({ callSessionId: 'cs_2', appointmentId: 'apt_2', flags: { appointment_confirmed: true } }, {}, 'call_3'),
    ended({ callSessionId: 'cs_3', appointmentId: 'apt_3' }, { occurredAt: '2026-02-01T10:00:00Z' }, 'call_3'),
  );
  const told = async (id: string) =>
    (await scene.histories.appointment({ tenantId: TENANT, id }, WHOLE)).items.map((item) => changesOf(item, 'status'));
  expect(await told('apt_2')).toEqual([{ status: 'confirmed' }, { status: 'scheduled' }]);
  expect(await told('apt_3')).toEqual([{}, { status: 'confirmed' }]);
});

test('a ticket tells of its call, of staff with their notes, and of its mails; of a session only that it belongs to it', async () => {
  await scene.tell(
    requested({ toNumber: '+2' }, 'cs_4'),
    started({ direction: 'inbound' }, inbound, 'call_4'),
    placed('call_4', 'cs_4'),
    analyzed({ flags: { action_required: true } }, inbound, 'call_4'),
    mailRedriven('key_1', 'call_4'),
    mailSent(1, 'call_4'),
    staffSays('closed', 'done', 'call_4'),
  );
  const of = { tenantId: TENANT, id: 'tkt_call_4', callId: 'call_4' };
  const { items } = await scene.histories.ticket(of, WHOLE);
  const told = (item: HistoryItem) => [item.type, item.note, changesOf(item, 'sessionId', 'status', 'mail', 'setBy')];
  expect(items.map(told)).toEqual([
    ['CallStarted', undefined, { sessionId: 'call:call_4', status: 'new', mail: 'none', setBy: 'rule' }],
    ['CallPlaced', undefined, { sessionId: 'cs_4' }],
    ['CallAnalyzed', undefined, { mail: 'queued' }],
    ['TicketMailRedriven', undefined, {}],
    ['TicketMailSent', undefined, { mail: 'sent' }],
    ['TicketStatusSet', 'done', { status: 'closed', setBy: 'staff' }],
  ]);
  expect(items.find(({ type }) => type === 'TicketMailRedriven')?.keyId).toBe('key_1');
});

test('a session at a moment is expanded as all of it was then', async () => {
  const from = { direction: 'inbound', personal: { fromNumber: '+4930123456' } } as const;
  const about = { callSessionId: 'cs_5', appointmentId: 'apt_5' };
  const first = await scene.tell(ended({ ...from, ...about }, inbound, 'call_5'));
  const decided = await scene.tell(
    analyzed({ ...about, flags: { appointment_confirmed: true, action_required: true } }, inbound, 'call_5'),
    ended({ ...from, callSessionId: 'cs_6' }, { ...inbound, occurredAt: minute(30) }, 'call_6'),
  );
  const now = { position: 2n ** 63n };
  await scene.tell(staffSays('closed', '', 'call_5'));
  const all = ['appointment', 'ticket', 'customer'] as const;
  const then = async (moment: { position: bigint }) => {
    const { appointment, ticket, customer } = (await scene.past.callSession(TENANT, 'call_5', moment, all))!;
    return [appointment?.status, ticket?.status, ticket?.action_required, customer?.phone, customer?.calls];
  };
  expect(await then({ position: first })).toEqual(['scheduled', 'new', null, '+4930123456', 1]);
  expect(await then({ position: decided })).toEqual(['confirmed', 'new', true, '+4930123456', 2]);
  expect(await then(now)).toEqual(['confirmed', 'closed', true, '+4930123456', 2]);
  const alone = await scene.past.callSession(TENANT, 'call_5', now, ['customer']);
  expect(Object.keys(alone!)).toEqual(expect.not.arrayContaining(['appointment']));
});
