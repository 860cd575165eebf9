import { describe, expect, test } from 'vitest';
import type { CallFacts } from '../../src/events/call-facts.ts';
import type { FactMetadata } from '../../src/events/metadata.ts';
import type { Ticket } from '../../src/model/ticket.ts';
import {
  analyzed,
  analyzedWithoutAnalysis,
  archived,
  ended,
  minute,
  type Said,
  started,
  transferBridged,
  transferCancelled,
  transferEnded,
  transferStarted,
  unrecognized,
} from './controls.ts';
import { inbound, mailSent, outbound, staffSays, ticketAfter } from './tickets-controls.ts';

const hungUp = { disconnectionReason: 'user_hangup' };
const action = (value: boolean | string | number) => ({ flags: { action_required: value } });
const required = analyzed(action(true), inbound);
const notRequired = analyzed(action(false), inbound);
const transferred = ended({ disconnectionReason: 'call_transfer' }, inbound);

type Row = [title: string, said: Said[], expected: { readonly [K in keyof Ticket]?: Ticket[K] | undefined }];

describe('the table of the second brief', () => {
  const table = (direction: 'inbound' | 'outbound', metadata: Partial<FactMetadata>): Row[] => {
    const opened = { status: 'new', active: true, setBy: 'rule', direction } as const;
    const closed = { status: 'closed', active: false, setBy: 'rule', direction, mail: 'none' } as const;
    const during = direction === 'inbound' ? { ...opened, mail: 'none' as const } : closed;
    const reason = (during: Ticket['statusReason']) => (direction === 'inbound' ? during : 'outbound_default');
    const end = ended(hungUp, metadata);
    return [
      ['has just begun', [started({}, metadata)], { ...during, statusReason: reason('in_progress') }],
      ['ended, and was not analysed', [end], { ...during, statusReason: reason('analysis_missing') }],
      [
        'requires action',
        [end, analyzed(action('true'), metadata)],
        { ...opened, statusReason: 'action_required', actionRequired: true, mail: 'queued' },
      ],
      [
        'requires none',
        [end, analyzed(action('false'), metadata)],
        { ...closed, statusReason: 'action_not_required', actionRequired: false },
      ],
      [
        'was transferred',
        [ended({ disconnectionReason: 'call_transfer' }, metadata)],
        { ...opened, statusReason: 'transferred', transferred: true, actionRequired: null, mail: 'queued' },
      ],
      [
        'was transferred and requires no action',
        [ended({ disconnectionReason: 'call_transfer' }, metadata), analyzed(action(false), metadata)],
        { ...opened, statusReason: 'transferred', transferred: true, actionRequired: false, mail: 'queued' },
      ],
      [
        'is first heard of by an event that nobody knows',
        [unrecognized({}, metadata)],
        { ...during, statusReason: reason('in_progress'), callId: 'call_1', id: 'tkt_call_1' },
      ],
    ];
  };
  test.each(table('inbound', inbound))('an inbound call that %s', (_, said, expected) =>
    expect(ticketAfter(...said)).toMatchObject(expected),
  );
  test.each(table('outbound', outbound))('an outbound call that %s', (_, said, expected) =>
    expect(ticketAfter(...said)).toMatchObject(expected),
  );
});

describe('an inbound call of which nobody knows whether it needs action', () => {
  const policy = { ...inbound, qualification: { conversation: 'resolved', unanswered: 'closed' } } as const;
  test.each<Row>([
    ['and that is qualified', [analyzed({ flags: { qualified: 'Yes ' } }, inbound)], { status: 'qualified' }],
    ['and whose lead is', [analyzed({ flags: { Lead_Qualified: 1 } }, inbound)], { statusReason: 'qualified' }],
    ['and is, by the third name', [analyzed({ flags: { is_qualified: true } }, inbound)], { status: 'qualified' }],
    [
      'and that was qualified once',
      [analyzed({ flags: { qualified: true } }, inbound), ended(hungUp, inbound)],
      { status: 'qualified' },
    ],
    ['and was successful', [analyzed({ successful: true }, inbound)], { status: 'resolved', active: false }],
    [
      'and was successful and qualified',
      [analyzed({ successful: true, flags: { qualified: true } }, inbound)],
      { status: 'qualified', active: true },
    ],
    [
      'and is said not to be qualified',
      [analyzed({ successful: true, flags: { qualified: false } }, inbound)],
      { status: 'resolved', statusReason: 'successful' },
    ],
    [
      'but in which there was talk',
      [ended(hungUp, inbound), analyzed({ successful: false }, inbound)],
      { status: 'contacted', statusReason: 'conversation', active: true, mail: 'none', actionRequired: null },
    ],
    ...['voicemail_reached', 'dial_no_answer', 'dial_busy', 'dial_failed', 'error_asr'].map(
      (disconnectionReason): Row => [
        `and that ended as ${disconnectionReason}`,
        [ended({ disconnectionReason }, inbound), analyzed({}, inbound)],
        { status: 'new', statusReason: 'unanswered', active: true, mail: 'none' },
      ],
    ),
    [
      'and that is analysed without an analysis',
      [analyzedWithoutAnalysis({ flags: { qualified: true } }, inbound)],
      { status: 'new', statusReason: 'analysis_missing' },
    ],
    ['and whose company knows better', [analyzed({}, policy)], { status: 'resolved', statusReason: 'conversation' }],
    [
      'and whose company knows better of some',
      [analyzed({ flags: { qualified: true } }, policy)],
      { status: 'qualified' },
    ],
    [
      'and whose company thinks otherwise by now',
      [analyzed({}, { ...policy, occurredAt: minute(1) }), ended(hungUp, { ...inbound, occurredAt: minute(2) })],
      { status: 'contacted' },
    ],
    [
      'and whose own word for it is theirs',
      [analyzed({ flags: { hot: true } }, { ...inbound, fieldNames: { qualified: ['hot'] } })],
      { status: 'qualified' },
    ],
  ])('%s', (_, said, expected) => expect(ticketAfter(...said)).toMatchObject(expected));
});

describe('action_required is read', () => {
  test.each<[string, Partial<CallFacts>, boolean | null, Partial<FactMetadata>?]>([
    ['from a boolean', action(true), true],
    ['from a boolean that is false', action(false), false],
    ['from text', action('true'), true],
    ['from text with a capital and a space', action('True '), true],
    ['from yes', action('yes'), true],
    ['from no', action('No'), false],
    ['from a number', action(1), true],
    ['from nought', action(0), false],
    ['whatever the case of its name', { flags: { ' Action_Required ': 'on' } }, true],
    ['not from prose', { personal: { custom: { action_required: 'call back tomorrow' } } }, null],
    ['not from emptiness', { flags: { action_required: '' } }, null],
    ['from what was collected', { collectedFlags: { action_required: 'true' } }, true],
    [
      'from what was collected, where the analysis is prose',
      { personal: { custom: { action_required: 'maybe' } }, collectedFlags: { action_required: 'true' } },
      true,
    ],
    [
      'from the analysis first',
      { flags: { action_required: false }, collectedFlags: { action_required: true } },
      false,
    ],
    [
      'under a name of the tenant',
      { flags: { Rückruf: 'yes' } },
      true,
      { fieldNames: { action_required: ['rückruf'] } },
    ],
    ['not from the variables given to the call', { personal: { variables: { action_required: 'true' } } }, null],
  ])('%s', (_, claims, expected, metadata = {}) =>
    expect(ticketAfter(analyzed(claims, { ...inbound, ...metadata }))?.actionRequired).toBe(expected),
  );

  test('not from an event that nobody knows', () =>
    expect(ticketAfter(unrecognized(action(true), inbound))).toMatchObject({ actionRequired: null, mail: 'none' }));
});

describe('a transfer', () => {
  test.each<[string, Said, boolean]>([
    ['by which the call ended', ended({ disconnectionReason: 'call_transfer' }, outbound), true],
    ['that was bridged, by which the call ended', ended({ disconnectionReason: 'transfer_bridged' }, outbound), true],
    ['that was bridged', transferBridged({}, outbound), true],
    ['that ended', transferEnded({}, outbound), true],
    ['that has only begun', transferStarted({}, outbound), false],
    ['that was cancelled', transferCancelled({ disconnectionReason: 'transfer_cancelled' }, outbound), false],
  ])('%s', (_, said, opens) =>
    expect(ticketAfter(said)).toMatchObject(
      opens ? { status: 'new', transferred: true } : { status: 'closed', transferred: false },
    ),
  );
});

describe('a ticket is', () => {
  test('made by the ticket endpoints alone', () => {
    expect(ticketAfter(required, started({}, { endpoint: 'retell' }))).toBeDefined();
    expect(ticketAfter(analyzed(action(true), { endpoint: 'retell' }))).toBeUndefined();
    expect(ticketAfter(analyzed(action(true)), archived())).toBeUndefined();
    expect(ticketAfter(staffSays('closed'))).toBeUndefined();
  });
  test('of what the call itself says, whichever endpoint it came to', () =>
    expect(ticketAfter(started({}, { endpoint: 'retell' }), transferred, required)).toMatchObject({
      createdAt: minute(1),
      lastEventAt: minute(2),
    }));
  test.each<[string, Said[], Ticket['direction']]>([
    ['inbound by its URL', [started({}, inbound)], 'inbound'],
    ['outbound by its URL', [started({}, outbound)], 'outbound'],
    ['inbound by its call, at the wrong URL', [started({ direction: 'inbound' }, outbound)], 'inbound'],
    ['outbound by its call, at the wrong URL', [started({ direction: 'outbound' }, inbound)], 'outbound'],
    ['as the URL of a web call', [started({ direction: 'web' }, outbound)], 'outbound'],
    ['what the call says late', [started({}, inbound), ended({ direction: 'outbound' }, inbound)], 'outbound'],
  ])('%s', (_, said, direction) => expect(ticketAfter(...said)).toMatchObject({ direction }));
  test('as recent as the latest that happened', () =>
    expect(
      ticketAfter(analyzed({}, { ...inbound, occurredAt: minute(9) }), started({}, inbound), staffSays('closed')),
    ).toMatchObject({ createdAt: minute(0), lastEventAt: minute(9) }));
});

describe('the word of staff', () => {
  const closedByStaff = { status: 'closed', active: false, setBy: 'staff', statusReason: 'staff' } as const;
  const again = (said: Said): Said =>
    ({ ...said, event: { ...said.event, data: { ...said.event.data, agentId: 'x' } } }) as Said;
  test.each<Row>([
    ['stands', [required, staffSays('closed')], { ...closedByStaff, actionRequired: true, openings: 1 }],
    [
      'may be any status',
      [started({}, outbound), staffSays('contacted')],
      { status: 'contacted', active: true, setBy: 'staff' },
    ],
    ['is the last that they said', [required, staffSays('closed'), staffSays('resolved')], { status: 'resolved' }],
    ['stands when the same need is shown again', [required, staffSays('closed'), again(required)], closedByStaff],
    ['stands when less is shown', [required, staffSays('closed'), notRequired], closedByStaff],
    ['stands when nothing is', [required, staffSays('closed'), ended(hungUp, inbound)], closedByStaff],
    [
      'stands when no action turns out to be required',
      [started({}, inbound), staffSays('contacted'), notRequired],
      { status: 'contacted', setBy: 'staff' },
    ],
    [
      'stands after a transfer whatever is required',
      [transferred, staffSays('closed'), required],
      { ...closedByStaff, openings: 1 },
    ],
    [
      'yields to a need that comes to be known',
      [ended(hungUp, inbound), staffSays('closed'), required],
      { status: 'new', active: true, setBy: 'rule', statusReason: 'action_required', openings: 1, mail: 'queued' },
    ],
    [
      'yields to a transfer',
      [required, mailSent(), staffSays('closed'), transferred],
      { status: 'new', setBy: 'rule', statusReason: 'transferred', openings: 2, mail: 'queued' },
    ],
    [
      'is heard again afterwards',
      [staffSays('closed'), required, staffSays('closed', 'done')],
      { ...closedByStaff, openings: 1 },
    ],
    [
      'yields to a transfer that follows a need',
      [staffSays('closed'), required, transferred],
      { status: 'new', openings: 1 },
    ],
  ])('%s', (_, said, expected) => expect(ticketAfter(...said)).toMatchObject(expected));
});
