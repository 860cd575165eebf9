import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { retellCalls } from '../../../src/retell/list-calls.ts';
import { hurry } from './scene.ts';

test('what Retell’s API tells of a call is read as its webhook is: no number is rounded', async () => {
  const call = '{"call_id":"c","call_status":"ended","retell_llm_dynamic_variables":{"order":12345678901234567890}}';
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(request.url?.includes('get-call') ? call : `{"items":[${call}],"has_more":false}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const calls = retellCalls({
    apiKey: 'key',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pacer: { turn: async () => {} } as never,
    pace: { ...hurry, pageSize: 10 } as never,
    signal: new AbortController().signal,
  });
  const expected = { retell_llm_dynamic_variables: { order: '12345678901234567890' } };
  expect(await calls.get('c')).toMatchObject({ word: 'ok', value: expected });
  expect(await calls.list({ criteria: {}, order: 'ascending', limit: 10 })).toMatchObject({
    word: 'ok',
    value: { items: [expected] },
  });
});
