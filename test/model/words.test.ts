import { describe, expect, test } from 'vitest';
import { chosenId, normalId } from '../../src/model/ids.ts';
import { isoInstant } from '../../src/model/time.ts';
import { isBlank, isBlankAnswer, normalName, trimmed, truthOf, wordOf } from '../../src/model/words.ts';

describe('a word is compared trimmed, without case, quotes or a mark at its end', () => {
  test.each<unknown>(['Yes.', 'TRUE.', 'yes!', '"true"', '“Yes.”', "'on'", ' y ', '\u200bYes\ufeff', 'YES!!', 1, true])(
    '%j is true',
    (value) => expect(truthOf(value)).toBe(true),
  );
  test.each<unknown>(['No.', '"false"', 'OFF', 'n', 0, false, '0.'])('%j is false', (value) =>
    expect(truthOf(value)).toBe(false),
  );
  test.each<unknown>([
    'Yes, but he will call back.',
    'yes?',
    'true-ish',
    'y e s',
    '',
    2,
    '01',
    null,
    undefined,
    [],
    [true],
    {},
    { toString: 1 },
    { valueOf: 1, toString: null },
    'constructor',
    '__proto__',
    'yes'.repeat(1000),
  ])('%j is neither', (value) => expect(truthOf(value)).toBeUndefined());

  test('punctuation within a word stays', () => expect(wordOf(' "No_Answer." ')).toBe('no_answer'));
});

describe('a word that stands for nothing is as if the field were not there', () => {
  const words = ['undefined', 'NULL', 'None', 'nil', 'NaN', 'N/A', 'n.a.', 'na', 'Unknown', '-', '--', '—', '...'];
  const more = [
    '[object Object]',
    '{{appointment_id}}',
    '$'.concat('{id}'),
    '<new time>',
    '',
    '  ',
    '\u200b',
    '"null"',
    'N/A.',
  ];
  test.each([...words, ...more, null, undefined, Number.NaN])('%j', (value) => expect(isBlank(value)).toBe(true));

  test.each(['not mentioned', 'Not provided.', 'TBD', 'not specified', 'no data'])('%j in an analysis', (value) => {
    expect(isBlankAnswer(value)).toBe(true);
    expect(isBlank(value)).toBe(false);
  });

  test.each(['Nadia', 'none of these', 'No', 'Nulla', 'unknown caller', 0, false, 'a{{b', '{}', [], 'tbd later'])(
    '%j says something',
    (value) => expect(isBlankAnswer(value)).toBe(false),
  );
});

describe('an id that a caller has chosen', () => {
  test.each<unknown>([
    'undefined',
    'null',
    'None',
    'NaN',
    '{{appointment_id}}',
    'apt_{{appointment_id}}',
    'apt-$'.concat('{id}'),
    '[object Object]',
    'N/A',
    '-',
    '0',
    '000',
    '00000000-0000-0000-0000-000000000000',
    ' ',
    '\u200b\u2060',
    'a\0b',
    'a\ud800',
    'x'.repeat(513),
    7,
    null,
    {},
    ['a'],
  ])('%j is none', (value) => expect(chosenId(value)).toBeUndefined());

  test.each([
    [' apt_1 ', 'apt_1'],
    ['\ufeffapt_1\u200b', 'apt_1'],
    ['a b', 'a b'],
    ['10', '10'],
    ['TBD', 'TBD'],
    ['not mentioned', 'not mentioned'],
  ])('%j is %j', (value, id) => expect(chosenId(value)).toBe(id));

  test('one that is looked up is only brought into the same form', () => {
    expect(normalId(' undefined ')).toBe('undefined');
    expect(normalId('\n')).toBeUndefined();
  });
});

test('names of fields compare in one form, whatever keyboard wrote them', () => {
  expect(normalName(' Cafe\u0301 ')).toBe(normalName('CAFÉ'));
});

test.each([
  ['  a b\u200b\ufeff\n', 'a b'],
  ['\u{e0001} a \u{e0001}', 'a'],
  [' \u200b ', ''],
  ['', ''],
])('%j is trimmed to %j', (text, expected) => expect(trimmed(text)).toBe(expected));

test('a megabyte of spaces in the middle of a text keeps nobody waiting', () => {
  const text = `a${' '.repeat(2 ** 20)}b`;
  expect(trimmed(text)).toBe(text);
  expect(isBlank(`${text}${' '.repeat(2 ** 20)}`)).toBe(false);
});

describe('a moment can be recorded from the year 1 to the year 9999 in UTC', () => {
  test.each(['0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', '1970-01-01T00:00:00.000Z'])('%s', (text) =>
    expect(isoInstant(Date.parse(text))).toBe(text),
  );

  test.each([
    Date.parse('0001-01-01T00:00:00Z') - 1,
    Date.parse('9999-12-31T23:59:59.999Z') + 1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    8.64e15,
    -8.64e15,
  ])('%d cannot', (ms) => expect(isoInstant(ms)).toBeUndefined());
});
