import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DAY_MS, instantOfLocal, isTimeZone, localAt, startOfDay } from '../../src/model/time.ts';

const utc = (text: string) => Date.parse(`${text}Z`);
const startOf = (date: string, timeZone: string) => new Date(startOfDay(utc(`${date}T00:00`), timeZone)).toISOString();

describe('a local day begins', () => {
  test.each([
    ['at midnight', '2026-03-01', 'UTC', '2026-03-01T00:00:00.000Z'],
    ['by a quarter of an hour', '2026-03-01', 'Asia/Kathmandu', '2026-02-28T18:15:00.000Z'],
    ['the day clocks go forward', '2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['the day after, an hour earlier', '2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['the day clocks go back', '2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00.000Z'],
    ['the day after, an hour later', '2026-10-26', 'Europe/Berlin', '2026-10-25T23:00:00.000Z'],
    ['half an hour later', '2026-04-06', 'Australia/Lord_Howe', '2026-04-05T13:30:00.000Z'],
    ['when clocks skip midnight', '2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
    ['at the first of two midnights', '2026-11-01', 'America/Havana', '2026-11-01T04:00:00.000Z'],
    ['after an hour that comes twice before it', '2026-04-05', 'America/Santiago', '2026-04-05T04:00:00.000Z'],
    ['with the next where the zone skipped it', '2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['as that one does', '2011-12-31', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['by the sun, to the second', '1850-06-01', 'Europe/Berlin', '1850-05-31T23:06:32.000Z'],
    ['below the year 100', '0033-04-03', 'Asia/Tokyo', '0033-04-02T14:41:01.000Z'],
  ])('%s: %s in %s', (_, date, timeZone, instant) => expect(startOf(date, timeZone)).toBe(instant));

  test('at the first instant that has its date, whichever the zone', () => {
    // Since 2012 no zone's clocks have gone back from one day into the day before.
    const days = fc.integer({ min: utc('2012-01-01T00:00') / DAY_MS, max: utc('2040-01-01T00:00') / DAY_MS });
    fc.assert(
      fc.property(days, fc.constantFrom(...Intl.supportedValuesOf('timeZone')), (day, timeZone) => {
        const begins = startOfDay(day * DAY_MS, timeZone);
        const date = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
        expect(date.format(begins) >= new Date(day * DAY_MS).toISOString().slice(0, 10)).toBe(true);
        expect(date.format(begins - 1) < new Date(day * DAY_MS).toISOString().slice(0, 10)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

test('an hour that is skipped has no instant, and one that comes twice has not one', () => {
  expect(instantOfLocal(utc('2026-03-29T02:30'), 'Europe/Berlin')).toBeUndefined();
  expect(instantOfLocal(utc('2026-10-25T02:30'), 'Europe/Berlin')).toBeUndefined();
  expect(instantOfLocal(utc('2026-10-25T03:30'), 'Europe/Berlin')).toBe(utc('2026-10-25T02:30'));
  expect(instantOfLocal(utc('2026-10-25T03:30'), 'Mars/Olympus')).toBeUndefined();
});

test('clocks show the local time', () => {
  expect(localAt(utc('2026-07-01T22:30'), 'Europe/Berlin')).toBe(utc('2026-07-02T00:30'));
  expect(localAt(utc('0001-01-01T00:00'), 'America/New_York')).toBe(Date.parse('0000-12-31T19:03:58Z'));
});

test.each([
  ['Europe/Berlin', true],
  ['europe/berlin', true],
  ['UTC', true],
  ['Etc/GMT+5', true],
  ['+05:00', false],
  ['Mars/Olympus', false],
  ['', false],
])('%s is the name of a zone: %s', (name, is) => expect(isTimeZone(name)).toBe(is));
