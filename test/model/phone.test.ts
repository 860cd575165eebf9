import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { phoneOf } from '../../src/model/phone.ts';

// What networks send in the place of a withheld number: ANONYMOUS, RESTRICTED, BLOCKED, … on a keypad.
const standIns = ['266696687', '7378742833', '2562533', '8656696', '86282452253', '7748283', '94844353'];
const spellings = [
  (digits: string) => digits,
  (digits: string) => `+${digits}`,
  (digits: string) => `1${digits}`,
  (digits: string) => `+1${digits}`,
  (digits: string) => `00${digits}`,
  (digits: string) => `001${digits}`,
  (digits: string) => `011${digits}`,
  (digits: string) => `0011${digits}`,
  (digits: string) => `+1 (${digits.slice(0, 3)}) ${digits.slice(3, 6)}-${digits.slice(6)}`,
  (digits: string) => ` ${[...digits].join(' ')}\u200b`,
  (digits: string) => `tel:+${digits}`,
  (digits: string) => `${digits};phone-context=+44`,
  (digits: string) => `${digits} ext. 5`,
  (digits: string) => digits.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  (digits: string) => digits.replace(/\d/g, (digit) => String.fromCodePoint(0x0660 + Number(digit))),
];
const regions = [undefined, 'US', 'GB', 'DE', 'ES', 'FR', 'IS', 'NO', 'AU', 'IN'];

test.each(standIns)('%s is nobody’s number, however it is spelt and wherever it is read', (digits) => {
  for (const spelt of spellings)
    for (const region of regions) {
      const raw = spelt(digits);
      expect(phoneOf(raw, region), `${raw} in ${region}`).toBeUndefined();
    }
  expect(phoneOf(`8~10${digits}`, 'RU')).toBeUndefined(); // any other way of dialling abroad
});

test.each([
  '0',
  '0000000',
  '0000000000',
  '00000000000000',
  '+10000000000',
  '1 000 000 0000',
  '+490000000',
  '+44 0000000000',
])('nothing but zeros is no number: %s', (zeros) => {
  for (const region of regions) expect(phoneOf(zeros, region)).toBeUndefined();
});

test.each([
  'anonymous',
  'Restricted',
  'UNKNOWN',
  'private',
  'unavailable',
  'withheld',
  'sip:anonymous@anonymous.invalid',
  'n/a',
])('a word is no number: %s', (word) => {
  for (const region of regions) expect(phoneOf(word, region)).toBeUndefined();
});

describe('a real number is not lost', () => {
  test.each([
    ['that is a stand-in behind the code of its own country', '+447378742833', 'US', '+447378742833'],
    ['that is one behind the zero of its own country', '07378742833', 'GB', '+447378742833'],
    ['that is one in Iceland', '+3547748283', undefined, '+3547748283'],
    ['that only begins like one', '+12666966871', undefined, '+12666966871'],
    ['that only ends like one', '+4912666966870', undefined, '+4912666966870'],
    ['of one digit', '+18888888888', undefined, '+18888888888'],
    ['with many zeros', '+491000000000', undefined, '+491000000000'],
    ['with marks around it that nobody sees', '\u202a+4930123456\u202c', undefined, '+4930123456'],
  ])('%s', (_, raw, region, expected) => expect(phoneOf(raw, region)).toBe(expected));
});

test('what callers who hide their number have sent, under the regions of their companies', () => {
  const file = new URL('../fixtures/withheld-numbers.json', import.meta.url);
  const byRegion = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string[]>;
  for (const [region, numbers] of Object.entries(byRegion))
    for (const raw of numbers) expect(`${raw} is ${phoneOf(raw, region)}`).toBe(`${raw} is undefined`);
});
