import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallEvent } from '../../src/events/call-facts.ts';
import type { Fact } from '../../src/events/codec.ts';
import { customerBy } from '../../src/model/customer.ts';
import { reduceTicket, type Ticket, type TicketState, ticketOf } from '../../src/model/ticket.ts';
import { reduceTicketCall, type TicketCall } from '../../src/model/ticket-call.ts';
import * as controls from './controls.ts';
import { archived, idOf, minute, recorded } from './controls.ts';
import { inbound, mailFailed, mailNotSent, mailSent, noTicket, outbound, staffSays } from './tickets-controls.ts';

const some = <T>(...values: T[]) => fc.constantFrom(...values);

const claims = fc.record(
  {
    direction: some('inbound' as const, 'outbound' as const, 'web' as const),
    disconnectionReason: some('user_hangup', 'dial_busy', 'call_transfer', 'transfer_cancelled', 'voicemail_reached'),
    successful: fc.boolean(),
    flags: fc.dictionary(
      some('action_required', 'Action_Required', 'qualified', 'busy'),
      some<boolean | string>(true, false, 'yes', 'No ', 'prose'),
      { maxKeys: 2 },
    ),
    collectedFlags: fc.dictionary(some('action_required'), fc.boolean()),
    personal: fc.record(
      {
        fromNumber: some('+4930123456', '030 123456', 'anonymous', '+442079460018'),
        toNumber: some('+4930123456', '030123456'),
        custom: some({}, { customer_name: 'Ada' }, { caller_name: 'Eve' }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const metadata = fc
  .tuple(
    some(inbound, inbound, outbound, noTicket),
    some({}, { occurredAt: minute(1) }, { occurredAt: '2026-01-01T10:01:00.001Z' }),
    some({}, { defaultRegion: 'DE' }),
    some({}, { qualification: { conversation: 'closed' as const } }),
  )
  .map((parts) => Object.assign({}, ...parts));
const callFact = fc
  .tuple(
    some(
      controls.started,
      controls.ended,
      controls.analyzed,
      controls.transferStarted,
      controls.transferBridged,
      controls.unrecognized,
    ),
    claims,
    metadata,
  )
  .map(([about, what, how]) => about(what, how));
const ticketFact = some(
  staffSays('closed'),
  staffSays('contacted'),
  staffSays('closed', 'again'),
  mailSent(1),
  mailFailed(1),
  mailNotSent('no_smtp', 1),
  mailNotSent('disabled', 2),
  archived(),
);
const histories = fc
  .uniqueArray(fc.oneof({ weight: 3, arbitrary: callFact }, { weight: 2, arbitrary: ticketFact }), {
    minLength: 2,
    maxLength: 12,
    selector: idOf,
  })
  .map((said) => recorded(...said));

/** The same facts in another order, some of them again. */
const disorder = (facts: readonly Fact[]) =>
  fc
    .tuple(fc.constant(facts), fc.array(fc.constantFrom(...facts), { maxLength: 5 }))
    .chain(([all, again]) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }));
const disordered = histories.chain((facts) => fc.tuple(fc.constant(facts), disorder(facts)));

const folded = (facts: readonly Fact[]) => facts.reduce<TicketState>(reduceTicket, {});
const callOf = (facts: readonly Fact[]) =>
  facts
    .filter(({ stream }) => stream.startsWith('call-'))
    .reduce<TicketCall | undefined>((call, fact) => reduceTicketCall(call, fact as Fact<CallEvent>), undefined);
const runs = { numRuns: 500 };

test('the order and the repetition of facts never matter to a ticket', () =>
  fc.assert(
    fc.property(disordered, ([facts, others]) => {
      expect(ticketOf(folded(others))).toEqual(ticketOf(folded(facts)));
    }),
    runs,
  ));

test('nor to a customer', () =>
  fc.assert(
    fc.property(disordered, ([facts, others]) => {
      const [one, other] = [callOf(facts), callOf(others)];
      expect(other && customerBy(other)).toEqual(one && customerBy(one));
    }),
    runs,
  ));

test('the order in which a call’s facts arrive matters only to what tells of the time of receipt', () => {
  const late = disordered.map(([facts, others]) => {
    const calls = (all: readonly Fact[]) =>
      all
        .filter(({ stream }) => stream.startsWith('call-'))
        .map((fact, index) => ({
          ...fact,
          position: BigInt(index + 1) * 5n,
          recordedAt: minute(30 + index),
          metadata: { ...fact.metadata, occurredAt: fact.metadata.occurredAt ?? minute(3) },
        })) as Fact[];
    return [calls(facts), calls(others)] as const;
  });
  const without = (ticket: Ticket | undefined) => ticket && { ...ticket, createdAt: undefined };
  fc.assert(
    fc.property(late, ([facts, others]) => {
      expect(without(ticketOf(folded(others)))).toEqual(without(ticketOf(folded(facts))));
    }),
    runs,
  );
});

test('a ticket that is put away as JSON after any fact and taken up again comes to the same', () =>
  fc.assert(
    fc.property(histories, fc.nat(12), (facts, cut) => {
      const half = JSON.parse(JSON.stringify(folded(facts.slice(0, cut)))) as TicketState;
      expect(ticketOf(facts.slice(cut).reduce(reduceTicket, half))).toEqual(ticketOf(folded(facts)));
    }),
    runs,
  ));

describe('after staff have closed a ticket', () => {
  const closed = (facts: readonly Fact[]) => {
    const last = facts.at(-1)!;
    const position = last.position + 1n;
    const [closing] = recorded(staffSays('closed', 'for good'));
    return [...facts, { ...closing!, position }] as Fact[];
  };
  /** Facts of the same call that come later: what they show may have been shown before. */
  const later = (facts: readonly Fact[], from: bigint) =>
    facts.map((fact, index) => ({ ...fact, position: from + BigInt(index) + 1n, id: `later-${fact.id}` })) as Fact[];
  const callsOnly = histories.map((facts) => facts.filter(({ stream }) => stream.startsWith('call-')));
  const withTicket = callsOnly.filter((facts) => ticketOf(folded(facts)) !== undefined);

  test('nothing that was shown before opens it, told again in whatever words', () =>
    fc.assert(
      fc.property(withTicket, (facts) => {
        const done = closed(facts);
        const all = [...done, ...later(facts, done.at(-1)!.position)];
        expect(ticketOf(folded(all))).toMatchObject({ status: 'closed', setBy: 'staff' });
      }),
      runs,
    ));

  test('a fact opens it if and only if the need rises to required or transferred, and that is an opening', () =>
    fc.assert(
      fc.property(withTicket, callsOnly, (facts, more) => {
        const before = ticketOf(folded(closed(facts)))!;
        const done = closed(facts);
        const after = ticketOf(folded([...done, ...later(more, done.at(-1)!.position)]))!;
        const need = (ticket: Ticket) => (ticket.transferred ? 2 : ticket.actionRequired === true ? 1 : 0);
        const rises = need(after) > need(before);
        expect([after.setBy, after.openings - before.openings]).toEqual(rises ? ['rule', 1] : ['staff', 0]);
      }),
      runs,
    ));
});
