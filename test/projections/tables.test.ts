import { expect, test } from 'vitest';
import { fieldsOf, rowMaker } from '../../src/projections/tables.ts';

test('a field is named as its column is, and JSON by what it holds', () => {
  const fieldOf = new Map(fieldsOf('call_sessions').map(({ column, field }) => [column, field]));
  expect(fieldOf.get('id')).toBe('id');
  expect(fieldOf.get('matched_by_phone_number')).toBe('matchedByPhoneNumber');
  expect(fieldOf.get('analysis_json')).toBe('analysis');
});

test('a row has every column of its view and nothing else', () => {
  const former = { tenantId: 'acme', callId: 'call_1', sessionId: 'session-1', more: 'than is stored' };
  const row = rowMaker('call_session_former_calls')(former);
  expect(Object.entries(row)).toEqual([
    ['tenant_id', 'acme'],
    ['session_id', 'session-1'],
    ['call_id', 'call_1'],
  ]);
});

test('a document that lacks a field does not compile', () => {
  // @ts-expect-error sessionId
  rowMaker('call_session_former_calls')({ tenantId: 'acme', callId: 'call_1' });
});
