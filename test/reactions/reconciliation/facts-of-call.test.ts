import { describe, expect, test } from 'vitest';
import type { CallFactType } from '../../../src/events/call-facts.ts';
import { factId } from '../../../src/events/identity.ts';
import type { JsonObject } from '../../../src/events/json.ts';
import type { Recorded } from '../../../src/events/recorded.ts';
import { missingStatements, noAnalysis } from '../../../src/reactions/reconciliation/missing-facts.ts';
import { callFact } from '../../../src/retell/call-fact.ts';
import { translateCall } from '../../../src/retell/translate.ts';
import { tenant } from '../../commands/webhooks/door.ts';
import { sampleBytes } from '../../support/samples.ts';

const sample = (name: string) => JSON.parse(sampleBytes(`${name}.json`).toString()) as JsonObject;
const owner = { tenantId: 'default', isTenant: () => false };
const idOf = ({ type, data }: { type: string; data: { callId: string } }) => factId('default', data.callId, type, data);
const ofWebhook = (type: CallFactType, name: string) => {
  const call = sample(name).call as JsonObject;
  return idOf(translateCall(type, String(call.call_id), call, owner));
};
const missing = (call: JsonObject, stream: Partial<Recorded>[] = []) =>
  missingStatements(call, String(call.call_id), stream as Recorded[], owner, Date.now());

describe('the facts of a call are those of its webhooks', () => {
  test('of one that was held and analysed', () => {
    expect(missing(sample('api/get-call.analyzed_confirmed.200')).map(idOf)).toEqual([
      ofWebhook('CallStarted', '01_outbound_call_started'),
      ofWebhook('CallEnded', '02_outbound_call_ended_user_hangup'),
      ofWebhook('CallAnalyzed', '03_outbound_call_analyzed_confirmed_boolean'),
    ]);
  });
  test('of one that never connected, which has no start', () => {
    expect(missing(sample('api/get-call.not_connected.200')).map(idOf)).toEqual([
      ofWebhook('CallEnded', '14_outbound_call_ended_dial_no_answer'),
      ofWebhook('CallAnalyzed', '15_outbound_call_analyzed_dial_no_answer'),
    ]);
  });
  test('of one that is going on', () => {
    expect(missing(sample('api/get-call.ongoing.200')).map(idOf)).toEqual([
      ofWebhook('CallStarted', '01_outbound_call_started'),
    ]);
  });
  test('of one that is not analysed', () => {
    const types = missing(sample('api/get-call.ended_without_analysis.200')).map(({ type }) => type);
    expect(types).toEqual(['CallStarted', 'CallEnded']);
  });
  test('of one that is only registered: none', () => {
    expect(missing({ call_id: 'call_1', call_status: 'registered' })).toEqual([]);
  });
});

test('of a time that cannot be yet nothing is made', () => {
  const now = Date.now();
  const call = { call_id: 'call_1', call_status: 'ended' };
  const at = (start_timestamp: number) => missing({ ...call, start_timestamp }).map(({ type }) => type);
  expect(at(Date.parse('9999-01-01T00:00:00Z'))).toEqual(['CallEnded']);
  expect(at(now + 25 * 3_600_000)).toEqual(['CallEnded']);
  expect(at(now + 3_600_000)).toEqual(['CallStarted', 'CallEnded']); // clocks differ
});

describe('what the log has is not said again', () => {
  const call = sample('api/get-call.analyzed_confirmed.200');
  const callId = String(call.call_id);
  const event = (type: string, data: object = {}, id = 'another') => ({ type, data, id }) as Partial<Recorded>;
  test('also where Retell words it otherwise by now', () => {
    const stream = [event('CallStarted'), event('CallEnded'), event('CallAnalyzed', { analysed: true })];
    expect(missing({ ...call, recording_url: 'https://elsewhere.example/1' }, stream)).toEqual([]);
  });
  test('but an analysis that was null is no analysis, and neither is that there is none', () => {
    const stub = noAnalysis(callId);
    for (const analyzed of [event('CallAnalyzed', {}), event('CallAnalyzed', stub.data, idOf(stub))]) {
      const types = missing(call, [event('CallStarted'), event('CallEnded'), analyzed]).map(({ type }) => type);
      expect(types).toEqual(['CallAnalyzed']);
    }
  });
});

test('that there is no analysis is one fact, whoever finds it and whenever', () => {
  const origin = (receivedAt: string) => ({ source: 'reconciliation', receivedAt, endpoint: 'retell' }) as const;
  const ids = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'].map(
    (at) => callFact(tenant('default', []), noAnalysis('call_1'), origin(at)).id,
  );
  expect(ids[0]).toBe(ids[1]);
});
