import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import Retell, { APIConnectionError, APIConnectionTimeoutError, APIError } from 'retell-sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Retell as Emulator, startRetell } from '../../src/retell-emulator/start.ts';
import { reminders } from '../../src/retell-emulator/stories.ts';

// The emulator is driven by the SDK that the service uses: what the SDK cannot read, Retell would not say.

let retell: Emulator;
let client: Retell;
const clientOf = (apiKey: string, timeout = 20_000) =>
  new Retell({ apiKey, baseURL: retell.url, maxRetries: 0, timeout, logLevel: 'off' });
beforeEach(async () => {
  retell = await startRetell({ pace: 0 });
  client = clientOf(retell.apiKey);
});
afterEach(() => retell.stop());

const place = (session: string, more: object = {}) =>
  client.call.createPhoneCall({
    from_number: '+442079460018',
    to_number: '+447700900123',
    metadata: { call_session_id: session, tenant_id: 'default' },
    ...more,
  });
const failure = async (work: Promise<unknown>): Promise<APIError> => {
  const error = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
};

test('a call is made, goes its way and can be asked for', async () => {
  retell.tell('cs_1', 'confirmed');
  const call = await place('cs_1', { override_agent_id: 'agent_x', retell_llm_dynamic_variables: { name: 'Alex' } });
  expect(call).toMatchObject({
    call_status: 'registered',
    direction: 'outbound',
    agent_id: 'agent_x',
    metadata: { call_session_id: 'cs_1' },
    retell_llm_dynamic_variables: { name: 'Alex' },
  });
  await retell.quiet();
  const seen = await client.call.retrieve(call.call_id);
  expect(seen).toMatchObject({
    call_status: 'ended',
    transcript: expect.any(String),
    call_analysis: { custom_analysis_data: { appointment_confirmed: true } },
  });
  expect(seen).toEqual(retell.truth('cs_1')[0]!.call);
  expect(retell.dials('cs_1')).toBe(1);
});

test('every story of the simulation can be played', async () => {
  expect(reminders.length).toBe(11);
  for (const { name } of reminders) {
    retell.tell(name, name);
    await place(name);
  }
  await retell.quiet();
  const statuses = reminders.map(({ name }) => retell.truth(name)[0]!.call.disconnection_reason);
  expect(new Set(statuses)).toEqual(
    new Set(['user_hangup', 'agent_hangup', 'voicemail_reached', 'dial_no_answer', 'dial_busy', 'dial_failed']),
  );
});

describe('lists', () => {
  const metadata = (value: string) => [{ type: 'string', op: 'eq', key: 'call_session_id', value }] as const;

  test('show a session’s call, without what was said', async () => {
    await place('cs_a');
    await place('cs_b');
    await retell.quiet();
    const { items } = await client.call.list({ filter_criteria: { metadata: [...metadata('cs_a')] } });
    expect(items.map(({ call_id }) => call_id)).toEqual([retell.truth('cs_a')[0]!.call.call_id]);
    expect(items[0]).not.toHaveProperty('transcript');
  });

  test('are paged by a key', async () => {
    for (let i = 0; i < 5; i++) await place(`cs_${i}`);
    const seen: string[] = [];
    let key: string | undefined;
    do {
      const page = await client.call.list({ limit: 2, ...(key && { pagination_key: key }) });
      seen.push(...page.items.map(({ call_id }) => call_id));
      key = page.pagination_key;
      expect(page.has_more).toBe(key !== undefined);
    } while (key);
    expect(new Set(seen)).toEqual(new Set(retell.calls().map(({ call_id }) => call_id)));
    expect(seen).toHaveLength(5);
    expect(await failure(client.call.list({ pagination_key: 'x' }))).toMatchObject({ status: 400 });
  });

  test.each([
    [{ call_status: { type: 'enum', op: 'in', value: ['not_connected'] } }, ['busy']],
    [{ call_status: { type: 'enum', op: 'in', value: ['ended', 'not_connected'] } }, ['busy', 'confirmed']],
    [{ end_timestamp: { type: 'range', op: 'bt', value: [0, Number.MAX_SAFE_INTEGER] } }, ['confirmed']],
    [{ end_timestamp: { type: 'range', op: 'bt', value: [0, 1] } }, []],
  ] as const)('find by %j', async (filter_criteria, expected) => {
    for (const story of ['confirmed', 'dial_busy']) {
      retell.tell(story.replace('dial_', ''), story);
      await place(story.replace('dial_', ''));
    }
    await retell.quiet();
    const { items } = await client.call.list({ filter_criteria } as unknown as Retell.CallListParams);
    const found = items.map((item) => (item.metadata as { call_session_id: string }).call_session_id).sort();
    expect(found).toEqual([...expected]);
  });

  test('do not show a new call at once when they lag, nor take a filter that Retell does not have', async () => {
    await retell.stop();
    retell = await startRetell({ pace: 0, listLagMs: 1500 });
    client = clientOf(retell.apiKey);
    await place('cs_1');
    expect((await client.call.list()).items).toHaveLength(0);
    await expect.poll(async () => (await client.call.list()).items.length).toBe(1);
    const registered = { call_status: { type: 'enum', op: 'in', value: ['registered'] } };
    const list = client.call.list({ filter_criteria: registered } as unknown as Retell.CallListParams);
    expect(await failure(list)).toMatchObject({ status: 400 });
  });
});

test('what is wrong with a request is said as Retell says it', async () => {
  expect(await failure(clientOf('another').call.list())).toMatchObject({ status: 401 });
  expect(await failure(place('cs_1', { to_number: '123' }))).toMatchObject({ status: 400 });
  expect(await failure(place('cs_1', { retell_llm_dynamic_variables: { n: 1 } }))).toMatchObject({ status: 400 });
  expect(await failure(client.call.retrieve('call_nobody'))).toMatchObject({ status: 422 });
  for (const status of [402, 422, 429, 500]) {
    retell.next({ answer: { status, headers: { 'retry-after': '7' } } });
    const error = await failure(place('cs_1'));
    expect([error.status, error.headers?.get('retry-after')]).toEqual([status, '7']);
  }
  expect(retell.dials('cs_1')).toBe(0);
});

test('answers are lost in every way, after the call was made', async () => {
  retell.next({ answer: 'cut' }, { answer: 'hang' }, { dials: false, answer: 'cut' }, { delayAfterMs: 20 });
  expect(await failure(place('cut'))).toBeInstanceOf(APIConnectionError);
  const patient = client;
  client = clientOf(retell.apiKey, 1000);
  expect(await failure(place('hang'))).toBeInstanceOf(APIConnectionTimeoutError);
  client = patient;
  expect(await failure(place('none'))).toBeInstanceOf(APIConnectionError);
  expect((await place('slow')).call_id).toMatch(/^call_/);
  expect(['cut', 'hang', 'none', 'slow'].map(retell.dials)).toEqual([1, 1, 0, 1]);
});

describe('webhooks', () => {
  const key = 'key_of_the_webhooks';
  let got: { event: string; callId: string; at: number; ok: boolean }[];
  let answers: number[];
  let server: ReturnType<typeof serve>;
  let url: string;
  beforeEach(async () => {
    got = [];
    answers = [];
    server = serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: async (request) => {
        const text = await request.text();
        const { event, call } = JSON.parse(text);
        const ok = await Retell.verify(text, key, request.headers.get('x-retell-signature')!);
        got.push({ event, callId: call.call_id, at: Date.now(), ok });
        return new Response(null, { status: answers.shift() ?? 204 });
      },
    });
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));
  const events = () => got.map(({ event }) => event);
  /** With time between a call's webhooks: each comes on a socket of its own, and is verified before it counts. */
  const paced = async () => {
    await retell.stop();
    retell = await startRetell({ pace: 10 });
    client = clientOf(retell.apiKey);
  };

  test('are signed as the SDK verifies it, and come in order', async () => {
    await paced();
    retell.webhooksTo({ url, key });
    retell.tell('cs_1', 'confirmed');
    retell.tell('cs_2', 'dial_busy');
    await place('cs_1');
    await retell.quiet();
    expect(events()).toEqual(['call_started', 'call_ended', 'call_analyzed']);
    await place('cs_2');
    await retell.quiet();
    expect(events().slice(3)).toEqual(['call_ended', 'call_analyzed']);
    expect(got.every(({ ok }) => ok)).toBe(true);
  });

  test('are tried three times, a moment apart, and then never again', async () => {
    await paced();
    retell.webhooksTo({ url, key });
    retell.tell('cs_1', 'analysis lost');
    answers = [204, 401, 503, 500];
    await place('cs_1');
    await retell.quiet();
    expect(events()).toEqual(['call_started', 'call_ended', 'call_ended', 'call_ended']);
    expect(got[3]!.at - got[1]!.at).toBeGreaterThan(200);
    expect(got.every(({ ok }) => ok)).toBe(true);
    expect(retell.deliveries.map(({ statuses }) => statuses)).toEqual([[204], [401, 503, 500]]);
  });

  test('are lost, doubled and overtaken as the test wants it', async () => {
    const fates: Record<string, object> = {
      call_started: { lost: true },
      call_ended: { delayMs: 1000, duplicates: 1 },
    };
    retell.webhooksTo({ url, key, fate: ({ event }) => fates[event] ?? {} });
    retell.tell('cs_1', 'confirmed');
    await place('cs_1');
    await retell.quiet();
    expect(events()).toEqual(['call_analyzed', 'call_ended', 'call_ended']);
  });
});
