import { describe, expect, test } from 'vitest';
import { CallBody, orderOf } from '../../../src/commands/calls/call-order.ts';

// What a body of POST /api/calls asks for, before anything is recorded.

const numbers = { fromNumber: '+12025550100', toNumber: '+12025550188' };
const wrong = (more: object) => {
  const read = CallBody.safeParse({ ...numbers, ...more });
  return read.success ? undefined : read.error.issues.map(({ path }) => path.join('.'));
};

describe('an id that stands for nothing is refused, and its field named', () => {
  const fields = ['callSessionId', 'appointmentId', 'contactId', 'agentId'];
  const words = ['undefined', 'NULL', ' none ', '"n/a"', '{{appointment_id}}', 'apt-{{id}}', '<id>', '0', '-'];
  test.each(words)('%s', (word) => {
    for (const field of fields) expect(wrong({ [field]: word })).toEqual([field]);
  });
  test.each(['', '   ', 'a\u0007b', 'x'.repeat(513)])('and one that is none: %j', (word) => {
    for (const field of fields) expect(wrong({ [field]: word })).toEqual([field]);
  });
  test('several at once', () => {
    expect(wrong({ callSessionId: 'null', agentId: 'undefined' })?.sort()).toEqual(['agentId', 'callSessionId']);
  });
});

test('ids are taken as ids are compared, and variables as they were written', () => {
  const body = CallBody.parse({
    ...numbers,
    ...{ callSessionId: ' cs_1\n', appointmentId: '\u200bapt_1', contactId: 'con 1 ', agentId: 'agent_1' },
    variables: { name: 'undefined', time: '{{time}}', last: ' N/A ' },
  });
  expect(body).toMatchObject({ callSessionId: 'cs_1', appointmentId: 'apt_1', contactId: 'con 1', agentId: 'agent_1' });
  expect(orderOf(body)).toMatchObject({ variables: { name: 'undefined', time: '{{time}}', last: ' N/A ' } });
  expect(wrong({ callSessionId: ' call:call_1' })).toEqual(['callSessionId']);
});

test.each([
  ['2025550188', 'US', '+12025550188'],
  ['12025550188', 'us', '+12025550188'],
  [' +1 (202) 555-0188 ', undefined, '+12025550188'],
  ['2025550188', undefined, undefined],
  ['+12025550188 ext. 5', 'US', undefined],
  ['+12025550188;ext=5', 'US', undefined],
  ['anonymous', 'US', undefined],
])('the number %j in the region %s is dialled as %s', (toNumber, region, dialled) => {
  const order = orderOf({ ...numbers, toNumber }, region);
  expect('errors' in order ? order.errors.map(({ path }) => path) : order.toNumber).toEqual(dialled ?? ['toNumber']);
});
