import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/events/json.ts';
import type { CallFact } from '../../src/model/call-fact.ts';
import { decidingFields } from '../../src/model/redaction.ts';
import { businessDataOf } from '../../src/reactions/ticket-mail/content.ts';
import { analyzed, ended, minute, recorded, type Said, unrecognized } from './controls.ts';

// What a ticket's mail tells under "Details" (docs/mail.md).

const dataOf = (...said: readonly Said[]) => businessDataOf(recorded(...said) as CallFact[]);
const custom = (fields: JsonObject, at = 0) => analyzed({ personal: { custom: fields } }, { occurredAt: minute(at) });

describe('what merely looks like a flag is business data', () => {
  test.each([0, 1, true, false, 'Yes', 'n', '0', '1', 'on', 'FALSE.', 'busy', 'confirmed', 'failed', 'voicemail'])(
    '%j, in every group, as it came',
    (value) => {
      expect(dataOf(analyzed({ flags: { guests: value } }))).toEqual({ guests: value });
      expect(dataOf(ended({ collectedFlags: { guests: value } }))).toEqual({ guests: value });
      expect(dataOf(ended({ personal: { variables: { guests: value } } }))).toEqual({ guests: value });
    },
  );
});

describe('what decides is not', () => {
  test.each(decidingFields)('%s', (name) => {
    for (const value of [true, false, 'yes', 'no', 1, 0]) {
      expect(dataOf(analyzed({ flags: { [` ${name.toUpperCase()}`]: value } }))).toEqual({});
      expect(dataOf(ended({ collectedFlags: { [name]: value } }))).toEqual({});
      expect(dataOf(ended({ personal: { variables: { [name]: value } } }))).toEqual({});
      const metadata = { fieldNames: { [name]: ['Unser Feld'] } };
      expect(dataOf(analyzed({ flags: { 'unser feld': value } }, metadata))).toEqual({});
      expect(dataOf(analyzed({ flags: { 'unser feld': value } }))).toEqual({ 'unser feld': value });
    }
  });
  test.each(['outcome', 'appointment_outcome'])('%s with an outcome', (name) => {
    for (const value of ['confirmed', ' Rescheduled.', 'canceled'])
      expect(dataOf(analyzed({ flags: { [name]: value } }))).toEqual({});
  });
  test('but prose under the same name is there to be read', () => {
    const fields = { action_required: 'maybe, if the pain comes back', outcome: 'wants a quote', voicemail: ['left'] };
    expect(dataOf(custom(fields))).toEqual(fields);
  });
});

test('the vendor’s own variables are not the business’s', () =>
  expect(
    dataOf(
      ended({
        personal: {
          collected: { current_node: 'Booking', Previous_Node: 'Intent', current_agent_state: 'closing', city: 'Bonn' },
          variables: { previous_agent_state: 'greeting', ' current_time': 'Monday', plan: 'gold' },
        },
        collectedFlags: { last_node_name: 'no' },
      }),
    ),
  ).toEqual({ plan: 'gold', city: 'Bonn' }));

describe('of several that say something of a field', () => {
  test('the collected go over the given, and the analysis over both, whichever of them looks like a flag', () =>
    expect(
      Object.entries(
        dataOf(
          analyzed({
            personal: { variables: { city: 'Bonn', guests: '3', plan: 'gold' }, collected: { City: 'Köln' } },
            collectedFlags: { GUESTS: '1' },
            flags: { ' city ': 'no' },
          }),
        ),
      ),
    ).toEqual([
      [' city ', 'no'],
      ['GUESTS', '1'],
      ['plan', 'gold'],
    ]));
  test.each(['N/A', '', null, 'not mentioned', '{{guests}}', '-'])('one that says %j goes over none', (nothing) => {
    const said = {
      personal: { variables: { guests: 3 }, collected: { guests: nothing }, custom: { guests: nothing } },
    };
    expect(dataOf(analyzed(said))).toEqual({ guests: 3 });
    expect(dataOf(custom({ guests: 4 }, 0), custom({ guests: nothing }, 1))).toEqual({ guests: 4 });
    expect(dataOf(custom({ guests: nothing }))).toEqual({});
  });
  test('the later fact goes over the earlier, field by field, also from an event that nobody knows', () =>
    expect(
      dataOf(
        unrecognized({ collectedFlags: { floor: 3 } }, { occurredAt: minute(9) }),
        custom({ budget: 1200, city: 'Bonn' }, 5),
        custom({ budget: 900 }, 4),
        ended({ collectedFlags: { floor: 0 } }, { occurredAt: minute(1) }),
      ),
    ).toEqual({ floor: 3, budget: 1200, city: 'Bonn' }));
});

test('the order of the facts never matters, not even to the order of the fields', () => {
  const fields = fc.dictionary(
    fc.constantFrom('a', 'A ', 'b', 'guests', '__proto__', 'constructor', '7'),
    fc.constantFrom(0, 'no', 'prose', 'N/A', null, [1], true),
  );
  const facts = fc
    .array(fc.tuple(fields, fields, fc.constantFrom(0, 1, 2)), { minLength: 1, maxLength: 5 })
    .map((all) =>
      recorded(
        ...all.map(([flags, one, at], n) =>
          analyzed({ agentId: `${n}`, flags, personal: { custom: one, collected: one } }, { occurredAt: minute(at) }),
        ),
      ),
    );
  fc.assert(
    fc.property(
      facts.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        const told = (some: readonly unknown[]) => JSON.stringify(businessDataOf(some as CallFact[]));
        expect(told(shuffled)).toBe(told(all));
      },
    ),
    { numRuns: 300 },
  );
});
