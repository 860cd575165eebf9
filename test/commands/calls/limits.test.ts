import { afterAll, beforeAll, expect, test } from 'vitest';
import { withinLimits } from '../../../src/commands/calls/limits.ts';
import { EventStoreUnavailable } from '../../../src/events/event-log.ts';
import { type Retell, startRetell } from '../../../src/retell-emulator/start.ts';
import type { Tenant } from '../../../src/tenants/tenant.ts';
import { eventStore } from '../tenants/scene.ts';
import { type CallsService, callsService, code, factsOf, newRequest } from './scene.ts';

let store: Awaited<ReturnType<typeof eventStore>>;
let retell: Retell;
const services: CallsService[] = [];
beforeAll(async () => {
  [store, retell] = await Promise.all([eventStore(), startRetell({ pace: 0 })]);
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.close()));
  await Promise.all([store.stop(), retell.stop()]);
});

type Calls = NonNullable<Tenant['settings']['calls']>;
let now = Date.parse('2026-03-01T22:30:00Z');

/** A process that places calls for a tenant with this setting. */
async function limited(calls: Calls, log = store.log): Promise<CallsService> {
  const settings = { calls, timeZone: 'Europe/Berlin' };
  const tenants = { get: () => ({ settings }) as Tenant };
  const service = await callsService(log, {
    retellUrl: retell.url,
    apiKey: retell.apiKey,
    settings,
    between: (api) => withinLimits(api, { log, tenants, now: () => new Date(now) }),
  });
  services.push(service);
  return service;
}

test('only countries of the setting are called; the refusal is on record, and every repeat has it', async () => {
  const service = await limited({ countries: ['GB', 'IE'] });
  expect((await service.post(newRequest())).status).toBe(202);
  for (const toNumber of ['+4930123456', '+12025550123', '+881612345678']) {
    const request = newRequest({ toNumber });
    const [first, again] = [await service.post(request), await service.post(request)];
    expect([code(first), code(again)]).toEqual([
      [403, 'destination_not_allowed'],
      [403, 'destination_not_allowed'],
    ]);
    expect(await factsOf(store.log, request.callSessionId)).toMatchObject([
      { type: 'CallRequested' },
      { type: 'CallPlacementFailed', reason: 'destination_not_allowed' },
    ]);
    expect(retell.dials(request.callSessionId)).toBe(0);
  }
});

test('so many calls a day and no more, by all processes together, until the day of the tenant ends', async () => {
  const both = [await limited({ perDay: 5 }), await limited({ perDay: 5 })];
  const requests = Array.from({ length: 12 }, () => newRequest());
  const answers = await Promise.all(requests.map((request, n) => both[n % 2]!.post(request)));
  const placed = answers.filter(({ status }) => status === 202);
  const refused = answers.filter(({ status }) => status === 429);
  expect([placed.length, refused.length]).toEqual([5, 7]);
  // 22:30 in London is 23:30 in Berlin.
  expect(code(refused[0]!)).toEqual([429, 'daily_limit_reached']);
  expect(refused[0]!.headers.get('retry-after')).toBe('1800');
  // A repeat of a call that was placed is none of the day's.
  const again = await both[0]!.post(requests[answers.indexOf(placed[0]!)]!);
  expect(again.status).toBe(202);
  now += 1_800_000;
  expect((await both[1]!.post(newRequest())).status).toBe(202);
});

test('nobody is called where the call could not be counted', async () => {
  const append: typeof store.log.append = (stream, ...rest) =>
    stream.startsWith('dialled-')
      ? Promise.reject(new EventStoreUnavailable('away'))
      : store.log.append(stream, ...rest);
  const service = await limited({ perDay: 1000 }, { ...store.log, append });
  const request = newRequest();
  expect(code(await service.post(request))).toEqual([503, 'request_expired']);
  expect(retell.dials(request.callSessionId)).toBe(0);
});

test('a key with `call` alone may call, and with the setting no other key may', async () => {
  const open = await limited({});
  expect((await open.post(newRequest(), { key: 'calls' })).status).toBe(202);
  expect((await open.post(newRequest(), { key: 'writes' })).status).toBe(202);
  const closed = await limited({ needsScope: true });
  expect((await closed.post(newRequest(), { key: 'calls' })).status).toBe(202);
  expect(code(await closed.post(newRequest(), { key: 'writes' }))).toEqual([403, 'missing_scope']);
});
