import { z } from '@hono/zod-openapi';
import { expect, test } from 'vitest';
import { itemMaker } from '../../src/read-api/answers.ts';

const moment = new Date('2026-03-01T10:00:00.500Z');

test('an item has the fields of its schema, in its order, whatever else is stored', () => {
  const itemOf = itemMaker('appointments', z.object({ notes: z.array(z.unknown()), tenantId: z.string() }));
  const item = itemOf({ tenant_id: 'acme', id: 'appointment-1', notes_json: [{ text: 'Ring twice.', at: 'then' }] });
  expect(JSON.stringify(item)).toBe('{"notes":[{"text":"Ring twice.","at":"then"}],"tenantId":"acme"}');
});

test.each([moment, '2026-03-01T12:00:00.5+02:00'])('an instant is told to the millisecond in UTC: %s', (at) => {
  const itemOf = itemMaker('appointment_changes', z.object({ startsAt: z.string().optional() }));
  expect(itemOf({ starts_at: at })).toEqual({ startsAt: '2026-03-01T10:00:00.500Z' });
});

test('null is absent where a field may be, and told where it is an answer', () => {
  const itemOf = itemMaker(
    'tickets',
    z.object({ customerId: z.string().optional(), actionRequired: z.boolean().nullable(), active: z.boolean() }),
  );
  const item = itemOf({ customer_id: null, action_required: null, active: false });
  expect(Object.entries(item)).toEqual([
    ['actionRequired', null],
    ['active', false],
  ]);
});

test('a mark that is only ever true is absent when it is not', () => {
  const itemOf = itemMaker('call_sessions', z.object({ tenantMismatch: z.literal(true).optional() }));
  expect([true, false].map((marked) => itemOf({ tenant_mismatch: marked }))).toEqual([{ tenantMismatch: true }, {}]);
});

test('a field without a column does not compile', () => {
  // @ts-expect-error no column
  expect(() => itemMaker('tickets', z.object({ colour: z.string() }))).toThrow();
});
