import { pino } from 'pino';
import { expect, test } from 'vitest';
import { callStream } from '../../src/events/streams.ts';
import { type CallLinking, startCallLinking } from '../../src/reactions/call-linking/start.ts';
import { requested, started, TENANT } from '../projections/controls.ts';
import { storesOfFile } from '../projections/stores.ts';

const stores = await storesOfFile();

const lines: Record<string, unknown>[] = [];
const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
const start = (): CallLinking =>
  startCallLinking({
    ...{ log: stores.log, databaseUrl: stores.databaseUrl, logger },
    matchMinutes: 60,
    standbyMs: 50,
  });

const to = (toNumber: string) => ({ direction: 'outbound', personal: { toNumber } }) as const;
const linksOf = async (callId: string) =>
  (await stores.log.read(callStream(TENANT, callId))).filter(({ type }) => type === 'CallLinked');
const linked = (callId: string) => expect.poll(async () => (await linksOf(callId)).length, { timeout: 20_000 }).toBe(1);

test('a call of a log from before links were facts gets its fact at the first start, once, and is logged', async () => {
  await stores.say(requested({ toNumber: '+4930123' }, 'cs_old'), started(to('+4930123'), {}, 'call_old'));
  const first = start();
  await linked('call_old');
  const [link] = await linksOf('call_old');
  const [heard] = await stores.log.read(callStream(TENANT, 'call_old'));
  expect(link).toMatchObject({
    data: { sessionId: 'cs_old', by: 'phone_number' },
    metadata: { tenantId: TENANT, source: 'command', $causationId: heard!.id },
  });
  // It is no news of the call, which is as old as it was.
  expect(link!.metadata).toMatchObject({ occurredAt: (heard!.metadata as { receivedAt: string }).receivedAt });
  const ids = { tenant_id: TENANT, call_id: 'call_old', session_id: 'cs_old' };
  expect(lines.filter(({ event }) => event === 'matched_by_phone_number')).toMatchObject([{ ...ids, msg: 'notice' }]);
  expect(JSON.stringify(lines)).not.toContain('4930123');
  await first.stop();
});

test('of two processes one links, another takes over, and what is read again is linked once', async () => {
  const both = [start(), start()];
  await stores.say(requested({ toNumber: '+4930124' }, 'cs_a'), started(to('+4930124'), {}, 'call_a'));
  await linked('call_a');
  await Promise.all(both.map((one) => one.stop()));

  await stores.pool.query('drop schema reactions cascade');
  const again = start();
  await stores.say(requested({ toNumber: '+4930125' }, 'cs_b'), started(to('+4930125'), {}, 'call_b'));
  await linked('call_b');
  await again.stop();
  for (const call of ['call_old', 'call_a', 'call_b']) expect(await linksOf(call), call).toHaveLength(1);
  expect(lines.filter(({ event }) => event === 'matched_by_phone_number')).toHaveLength(3);
});
