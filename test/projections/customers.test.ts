import { describe, expect, test } from 'vitest';
import type { CallEvent, Personal } from '../../src/events/call-facts.ts';
import type { Fact } from '../../src/events/codec.ts';
import type { FactMetadata } from '../../src/events/metadata.ts';
import { customerBy, customerIdOf } from '../../src/model/customer.ts';
import { phoneOf } from '../../src/model/phone.ts';
import { reduceTicketCall, type TicketCall } from '../../src/model/ticket-call.ts';
import { sessionFromFacts } from '../support/session-of-facts.ts';
import {
  analyzed,
  archived,
  ended,
  minute,
  recorded,
  requested,
  type Said,
  started,
  TENANT,
  unrecognized,
} from './controls.ts';
import { inbound, outbound } from './tickets-controls.ts';

describe('a number becomes E.164', () => {
  test.each<[string, string, string | undefined, string | undefined]>([
    ['as it is', '+4930123456', undefined, '+4930123456'],
    ['whatever stands between the digits', ' +49 (0)30 / 123-456 ', undefined, '+4930123456'],
    ['in the region of its company', '030 123456', 'DE', '+4930123456'],
    ['with the region in small letters', '030 123456', 'de', '+4930123456'],
    ['with the region’s way of dialling abroad', '0044 20 7946 0018', 'DE', '+442079460018'],
    ['of another region all the same', '+442079460018', 'DE', '+442079460018'],
    ['when it is possible, though no plan knows it', '+88212345678', undefined, '+88212345678'],
    ['not when it is national and nobody knows where', '030 123456', undefined, undefined],
    ['not when it is national and the region is none', '030 123456', 'XX', undefined],
    ['not when it is too short', '+1415555010', undefined, undefined],
    ['not when it is an emergency number', '911', 'US', undefined],
    ['not when it is withheld', 'anonymous', 'DE', undefined],
    ['not when it is empty', '', 'DE', undefined],
    ['not when “anonymous” is spelt on the keypad', '+266696687', undefined, undefined],
    ['not when “unavailable” is, which looks like a number', '+86282452253', undefined, undefined],
    ['not when it is a SIP address', 'sip:+4930123456@example.com', 'DE', undefined],
    ['not when it is in prose', 'call +4930123456 please', 'DE', undefined],
    ['not when it is endless', `+49${'1'.repeat(500)}`, undefined, undefined],
  ])('%s', (_, raw, region, expected) => expect(phoneOf(raw, region)).toBe(expected));
});

const customerAfter = (...said: readonly Said[]) =>
  customerBy(
    recorded(...said).reduce<TicketCall | undefined>(
      (call, fact) => reduceTicketCall(call, fact as Fact<CallEvent>),
      undefined,
    )!,
  );

const both: Personal = { fromNumber: '+4930123456', toNumber: '+442079460018' };
const at = (metadata: Partial<FactMetadata>, n: number) => ({ ...metadata, occurredAt: minute(n) });

describe('the customer of a call', () => {
  test('is who calls in', () =>
    expect(customerAfter(started({ direction: 'inbound', personal: both }, inbound))?.phone).toBe('+4930123456'));
  test('is who is called', () =>
    expect(customerAfter(started({ direction: 'outbound', personal: both }, outbound))?.phone).toBe('+442079460018'));
  test('is found by the URL where the call does not tell its direction', () =>
    expect(customerAfter(started({ personal: both }, outbound))?.phone).toBe('+442079460018'));
  test('is another once its direction is known to be another', () =>
    expect(customerAfter(started({ personal: both }, outbound), ended({ direction: 'inbound' }, outbound))?.phone).toBe(
      '+4930123456',
    ));
  test('has an id of its own in each company', () => {
    const id = customerAfter(started({ personal: both }, inbound))?.id;
    expect(id).toBe(customerIdOf(TENANT, '+4930123456'));
    expect(id).toMatch(/^cus_[0-9a-f-]{36}$/);
    expect(customerIdOf('other', '+4930123456')).not.toBe(id);
  });
  test.each<[string, Said[]]>([
    ['is none in a web call', [started({ direction: 'web', personal: both }, inbound)]],
    ['is none without a number', [started({}, inbound)]],
    ['is none when the number is withheld', [started({ personal: { ...both, fromNumber: 'anonymous' } }, inbound)]],
    ['is none at the endpoint without tickets', [started({ personal: both }, { endpoint: 'retell' })]],
  ])('%s', (_, said) => expect(customerAfter(...said)).toBeUndefined());

  test('keeps every spelling of the number, and of no other', () => {
    const region = { ...inbound, defaultRegion: 'DE' };
    const from = (fromNumber: string) => ({ personal: { fromNumber } });
    expect(
      customerAfter(
        started(from('030 123456'), region),
        ended(from('+4930123456'), region),
        analyzed(from('+4930999999'), at(region, 0)),
      )?.rawPhones,
    ).toEqual(['+4930123456', '030 123456']);
  });

  test('was seen when things happened, not when they were told or filed', () =>
    expect(
      customerAfter(ended({ personal: both }, at(inbound, -9)), started({}, at(inbound, -10)), archived()),
    ).toMatchObject({
      firstSeenAt: Date.parse(minute(-10)),
      lastSeenAt: Date.parse(minute(-9)),
      createdAt: minute(0),
    }));

  test.each<[string, Said, string | undefined]>([
    ['the analysis', analyzed({ personal: { ...both, custom: { customer_name: ' Ada ' } } }, inbound), 'Ada'],
    ['the name of the caller', analyzed({ personal: { ...both, custom: { caller_name: 'Ada' } } }, inbound), 'Ada'],
    ['what was collected', analyzed({ personal: { ...both, collected: { 'Customer_Name ': 'Ada' } } }, inbound), 'Ada'],
    [
      'what was given to the call',
      analyzed({ personal: { ...both, variables: { customer_name: 'Ada' } } }, inbound),
      'Ada',
    ],
    [
      'the best of these',
      analyzed({ personal: { ...both, custom: { customer_name: 'Ada' }, variables: { customer_name: 'X' } } }, inbound),
      'Ada',
    ],
    [
      'a field of the company',
      analyzed(
        { personal: { ...both, custom: { Kunde: 'Ada' } } },
        { ...inbound, fieldNames: { customer_name: ['kunde'] } },
      ),
      'Ada',
    ],
    [
      'nothing that is no name',
      analyzed({ personal: { ...both, custom: { customer_name: '', caller_name: 7 } } }, inbound),
      undefined,
    ],
  ])('has its name from %s', (_, said, name) => expect(customerAfter(said)?.name?.value).toBe(name));

  test('has the name that was said last', () => {
    const named = (name: string) => ({ personal: { ...both, custom: { customer_name: name } } });
    expect(
      customerAfter(analyzed(named('Ada'), at(inbound, 2)), ended(named('Eve'), at(inbound, 1)))?.name?.value,
    ).toBe('Ada');
  });
});

describe('a call session', () => {
  const session = (...said: Said[]) => sessionFromFacts(TENANT, 'cs_1', recorded(...said))!;
  test('shows the number of the customer where it is one, in E.164, and beside it what was sent', () => {
    const inGermany = { defaultRegion: 'DE' };
    expect(session(started({ direction: 'inbound', personal: { fromNumber: '030 123456' } }, inGermany))).toMatchObject(
      {
        customerPhone: '+4930123456',
        fromNumber: '030 123456',
      },
    );
    const withheld = session(started({ direction: 'inbound', personal: { fromNumber: '7378742833' } }, inGermany));
    expect(withheld.fromNumber).toBe('7378742833');
    expect(withheld).not.toHaveProperty('customerPhone');
    expect(session(requested({ toNumber: '+49 30 123456' }))).toMatchObject({ customerPhone: '+4930123456' });
  });
  test('names the ticket of the latest of its calls that has one', () => {
    const calls = [
      started({ startedAt: minute(5) }, inbound, 'call_b'),
      started({ startedAt: minute(0) }, inbound, 'call_a'),
      started({ startedAt: minute(9) }, { endpoint: 'retell' }, 'call_c'),
    ];
    expect(session(...calls).ticketId).toBe('tkt_call_b');
    expect(session(calls[2]!).ticketId).toBeUndefined();
    expect(session(unrecognized({}, outbound)).ticketId).toBe('tkt_call_1');
  });
});
