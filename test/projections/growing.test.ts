import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AppointmentEvent } from '../../src/events/appointment-facts.ts';
import type { Fact } from '../../src/events/codec.ts';
import { uuidOf } from '../../src/events/identity.ts';
import type { TicketEvent } from '../../src/events/ticket-facts.ts';
import { reduceStaff, type StaffState } from '../../src/model/appointment.ts';
import {
  type Entries,
  type Entry,
  entriesOf,
  findNamed,
  withAppointment,
  withEntry,
  withText,
} from '../../src/model/entries.ts';
import { reduceTicketLog, type TicketLog } from '../../src/model/ticket.ts';
import { changed, recorded } from './controls.ts';
import { staffSays } from './tickets-controls.ts';

// What a state keeps of each fact: the same whatever their order and repetition, and one more costs little.

const entry = (n: number): Entry => ({ id: uuidOf('entry', `${n}`), position: `${n * 7}` });
const grown = (numbers: readonly number[]) =>
  numbers.reduce<Entries<Entry> | undefined>((entries, n) => withEntry(entries, entry(n)), undefined);
const deepest = (entries: Entries<Entry> | undefined): number =>
  entries === undefined ? 0 : 1 + Math.max(deepest(entries.before), deepest(entries.after));

const disorder = fc
  .uniqueArray(fc.nat(500), { maxLength: 40 })
  .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length })))
  .map(([all, again]) => ({ all, again: [...again, ...all] }));

describe('entries', () => {
  test('stand in the order of the log, each once, in one shape, whatever order they come in', () =>
    fc.assert(
      fc.property(disorder, ({ all, again }) => {
        const inOrder = all.toSorted((a, b) => a - b);
        expect(entriesOf(grown(again))).toEqual(inOrder.map(entry));
        expect(JSON.stringify(grown(again))).toBe(JSON.stringify(grown(inOrder)));
      }),
      { numRuns: 500 },
    ));
  test('leave what they were made of as it was', () => {
    const before = grown([5, 1, 9]);
    const text = JSON.stringify(before);
    withEntry(before, entry(3));
    expect(JSON.stringify(before)).toBe(text);
    expect(withEntry(before, entry(9))).toBe(before);
  });
  test('are a shallow tree, however many and in the order in which a stream grows', () => {
    const many = Array.from({ length: 20_000 }, (_, n) => n);
    expect(deepest(grown(many))).toBeLessThan(60);
    expect(deepest(grown(many.toReversed()))).toBeLessThan(60);
  });
});

test('sorted texts have each once, whatever order they come in', () =>
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 40 }), (texts) => {
      expect(texts.reduce<readonly string[]>(withText, [])).toEqual([...new Set(texts)].sort());
    }),
  ));

test('each appointment that a call names is found, whatever it is called', () => {
  const [earlier, fact] = recorded(changed({}), changed({ note: 'again' }));
  const ids = ['b', 'a', 'constructor', 'é', '😀', 'a', 'Z', ''];
  const known = ids.reduce<Parameters<typeof withAppointment>[0]>((all, id) => withAppointment(all, id, fact!), []);
  expect(known.map(({ id }) => id)).toEqual([...new Set(ids)].sort());
  for (const id of ids) expect(findNamed(known, id)?.id).toBe(id);
  expect(findNamed(known, 'c')).toBeUndefined();
  const again = withAppointment(known, 'b', earlier!);
  expect(again).toHaveLength(known.length);
  expect(findNamed(again, 'b')?.position).toBe(`${earlier!.position}`);
});

describe('the state of a stream of staff’s is the same whatever order its facts are folded in', () => {
  const shuffled = (facts: readonly Fact[]) =>
    fc
      .shuffledSubarray([...facts, ...facts.slice(3, 9)], { minLength: facts.length })
      .map((some) => [...some, ...facts]);
  test('an appointment’s', () => {
    const facts = recorded(...Array.from({ length: 20 }, (_, n) => changed({ note: `${n}` })));
    const folded = (all: readonly Fact[]) =>
      JSON.stringify(
        all.reduce<StaffState | undefined>(
          (state, fact) => reduceStaff(state, fact as Fact<AppointmentEvent>),
          undefined,
        ),
      );
    fc.assert(fc.property(shuffled(facts), (again) => void expect(folded(again)).toBe(folded(facts))));
  });
  test('a ticket’s', () => {
    const facts = recorded(...Array.from({ length: 20 }, (_, n) => staffSays(n % 2 ? 'closed' : 'new', `${n}`)));
    const folded = (all: readonly Fact[]) =>
      JSON.stringify(
        all.reduce<TicketLog | undefined>(
          (state, fact) => reduceTicketLog(state, fact as Fact<TicketEvent>),
          undefined,
        ),
      );
    fc.assert(fc.property(shuffled(facts), (again) => void expect(folded(again)).toBe(folded(facts))));
  });
});
