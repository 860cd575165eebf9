import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseVendorJson, readPayload } from '../../../src/retell/payload.ts';
import { translatePayload } from '../../../src/retell/translate.ts';

const parsedOf = (text: string) => {
  const parsed = parseVendorJson(text);
  return typeof parsed === 'string' ? parsed : parsed.value;
};

describe('a number', () => {
  test.each([
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567890',
    '12345678901234567168', // a double has this value, and writes it with zeros
    '100000000000000000000000000001',
    '9007199254740993.0',
    '123456789012345678e2',
    '1234567890.12345678901e12',
    '1e400',
    '-1E+400',
    '1e999999999999',
  ])('%s, which JavaScript would round, is kept as its text', (text) => {
    for (const [json, value] of [
      [text, text],
      [`[${text}]`, [text]],
      [`{"a":{"b":[1, ${text} ,"c"]}}`, { a: { b: [1, text, 'c'] } }],
    ])
      expect(parsedOf(json as string)).toEqual(value);
  });

  test.each([
    '0',
    '-0',
    '9007199254740991',
    '9007199254740992',
    '10000000000000000',
    '-120000000000000000000',
    '1e23',
    '1.5E+300',
    '0.30000000000000004',
    '0.7300000190734863',
    '0.12345678901234567890123',
    '1234567.1234567890123456789',
    '1e-400',
  ])('%s, which it holds as well as anybody needs, is a number', (text) => {
    expect(parsedOf(`{"a":[${text}]}`)).toEqual({ a: [Number(text)] });
  });
});

test('whatever JavaScript itself has written is read as by JSON.parse', () => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.string(), fc.oneof(fc.double(), fc.maxSafeInteger(), fc.string())),
  );
  fc.assert(
    fc.property(anything, (value) => {
      const text = JSON.stringify(value);
      expect(parsedOf(text)).toEqual(JSON.parse(text));
    }),
    { numRuns: 1000 },
  );
});

describe('what stands in quotes', () => {
  const brackets = '['.repeat(200);
  test.each([
    ['is not nested', `{"a":"${brackets}"}`, { a: brackets }],
    ['ends behind an escaped quote', `{"a":"\\"${brackets}"}`, { a: `"${brackets}` }],
    ['ends behind an escaped backslash', `{"a":"\\\\","b":"${brackets}\\\\\\""}`, { a: '\\', b: `${brackets}\\"` }],
    ['is no number', '{"a":"12345678901234567890 1e400"}', { a: '12345678901234567890 1e400' }],
  ])('%s', (_, text, value) => {
    expect(parsedOf(text)).toEqual(value);
  });
  test('does not hide what stands behind it', () => {
    expect(parsedOf(`{"a":"\\\\","b":${'['.repeat(101)}${']'.repeat(101)}}`)).toBe('too_deep');
    expect(parsedOf('{"a":"\\"')).toBe('not_json');
    expect(parsedOf('"a')).toBe('not_json');
  });
});

describe('in a delivery', () => {
  const owner = { tenantId: 'default', isTenant: () => false };
  const factOf = (call: string) => {
    const payload = readPayload(Buffer.from(`{"event":"call_analyzed","call":${call}}`));
    if (!('callId' in payload)) throw new Error(JSON.stringify(payload));
    return translatePayload(payload, owner).data;
  };
  const BIG = '12345678901234567890';

  test('order numbers in custom fields and variables are what they were', () => {
    const fields = `{"order":${BIG},"orders":[${BIG},7],"metadata":{"order":${BIG}}}`;
    const { personal } = factOf(
      `{"call_id":"c","call_analysis":{"custom_analysis_data":${fields}},"retell_llm_dynamic_variables":${fields},"collected_dynamic_variables":${fields}}`,
    );
    const expected = { order: BIG, orders: [BIG, 7], metadata: { order: BIG } };
    expect(personal).toEqual({ custom: expected, variables: expected, collected: expected });
  });

  test('a number is no id, however long', () => {
    expect(factOf(`{"metadata":{"appointment_id":${BIG},"contact_id":"${BIG}"},"call_id":"c"}`)).toEqual({
      callId: 'c',
      contactId: BIG,
    });
    expect(factOf(`{"call_id":"c","metadata":{"call_session_id":${BIG}}}`)).toEqual({ callId: 'c' });
    expect(readPayload(Buffer.from(`{"event":"call_ended","call":{"call_id":${BIG}}}`))).toMatchObject({
      unreadable: 'schema_invalid',
    });
  });
});
