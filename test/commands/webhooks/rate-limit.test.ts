import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { clientIp, proxyTrust, rateLimit } from '../../../src/http/rate-limit.ts';
import { storeOfFile } from '../../support/store-of-file.ts';
import { type Door, directory, ended, newCallId, tenant, withDoor } from './door.ts';

const { log } = await storeOfFile();

const forged = (other: Door, options = {}) => other.post(ended('c'), { key: 'foreign', ...options });

describe('the rate limit at the door', () => {
  test('counts what fails, and never stands in the way of what is genuine', async () => {
    await withDoor(log, { config: { rateLimitPerMinute: 3 } }, async (door) => {
      const answers = [];
      for (let i = 0; i < 5; i++) answers.push((await forged(door)).status);
      expect(answers).toEqual([401, 401, 401, 429, 429]);
      const refused = await forged(door);
      expect(refused.code).toBe('rate_limited');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      for (let i = 0; i < 10; i++) expect((await door.post(ended(newCallId()))).status).toBe(204);
      expect(door.logged().filter((l) => l.reason === 'rate_limited')).toHaveLength(1);
    });
  });

  test('tells nobody which of a hundred names are tenants', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `name-${i}`);
    const tenants = directory(names.filter((_, i) => i % 3 === 0).map((name) => tenant(name, [`key of ${name}`])));
    const answersWith = async (known: typeof tenants) => {
      const answers: string[][] = [];
      await withDoor(log, { config: { rateLimitPerMinute: 4 }, tenants: known }, async (door) => {
        for (const header of [undefined, 'malformed', null]) {
          for (const name of names) {
            const { status, text } = await forged(door, { path: `/t/${name}/api/webhooks/retell`, header });
            answers.push([name, `${status}`, text]);
          }
        }
      });
      return answers;
    };
    const answers = await answersWith(tenants);
    expect(answers).toEqual(await answersWith(directory([])));
    expect(new Set(answers.map(([, status]) => status))).toEqual(new Set(['401', '429']));
  });

  test('of one tenant’s wrong key is not that of another tenant behind the same address', async () => {
    await withDoor(log, { config: { rateLimitPerMinute: 2 } }, async (door) => {
      const at = async (id: string) => (await forged(door, { path: `/t/${id}/api/webhooks/retell` })).status;
      expect([await at('acme'), await at('acme'), await at('acme')]).toEqual([401, 401, 429]);
      expect(await at('raw')).toBe(401);
    });
  });

  test('of scope all counts everything, before it is looked at', async () => {
    await withDoor(log, { config: { rateLimitPerMinute: 2, rateLimitScope: 'all' } }, async (door) => {
      const answers = [];
      for (let i = 0; i < 4; i++) answers.push((await door.post(ended(newCallId()))).status);
      expect(answers).toEqual([204, 204, 429, 429]);
    });
  });

  test('lets a flood of forged ones pass by what is genuine', async () => {
    await withDoor(log, { config: { rateLimitPerMinute: 5 } }, async (door) => {
      const [floods, genuine]: Promise<{ status: number }>[][] = [[], []];
      for (let tick = 0; tick < 20; tick++) {
        for (let i = 0; i < 50; i++) floods!.push(forged(door));
        for (let i = 0; i < 5; i++) genuine!.push(door.post(ended(newCallId())));
        await sleep(100);
      }
      const statuses = (await Promise.all(floods!)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 429).length / statuses.length).toBeGreaterThanOrEqual(0.99);
      expect(new Set((await Promise.all(genuine!)).map(({ status }) => status))).toEqual(new Set([204]));
    });
  });

  test('is per address, and believes X-Forwarded-For only from a trusted proxy', async () => {
    const from = (door: Door, ip: string) => forged(door, { headers: { 'x-forwarded-for': ip } });
    await withDoor(log, { config: { rateLimitPerMinute: 1, trustProxy: proxyTrust('loopback') } }, async (door) => {
      expect((await from(door, '1.1.1.1')).status).toBe(401);
      expect((await from(door, '1.1.1.2')).status).toBe(401);
      expect((await from(door, '9.9.9.9, 1.1.1.1')).status).toBe(429);
      expect((await from(door, '::ffff:101:101')).status).toBe(429);
    });
    await withDoor(log, { config: { rateLimitPerMinute: 1 } }, async (door) => {
      expect((await from(door, '1.1.1.1')).status).toBe(401);
      expect((await from(door, '1.1.1.2')).status).toBe(429);
    });
  });
});

describe('who is one asker', () => {
  const asker = (ip: string, tenantName = 'acme') => ({
    ip: clientIp(ip, undefined, 'nobody'),
    tenantName,
  });
  test.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', true],
    ['2001:db8:1:2::1', '2001:DB8:1:2:0:0:0:1', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['fe80::1%eth0', 'fe80::2', true],
    ['203.0.113.7', '::ffff:203.0.113.7', true],
    ['203.0.113.7', '::FFFF:cb00:7107', true],
    ['203.0.113.7', '0:0:0:0:0:ffff:cb00:7107', true],
    ['203.0.113.7', '0000:0000:0000:0000:0000:ffff:203.0.113.7', true],
    ['203.0.113.7', '64:ff9b::cb00:7107', true],
    ['203.0.113.7', '203.0.113.8', false],
    ['::ffff:203.0.113.7', '::ffff:203.0.113.8', false],
  ])('%s and %s: %s', (one, other, isSame) => {
    const { consume } = rateLimit(1);
    expect(consume(asker(one)).allowed).toBe(true);
    expect(consume(asker(other)).allowed).toBe(!isSame);
  });

  test('names share sixty-four slots', () => {
    const { consume } = rateLimit(1);
    const allowed = Array.from({ length: 5000 }, (_, i) => consume(asker('203.0.113.7', `invented-${i}`)).allowed);
    expect(allowed.filter(Boolean)).toHaveLength(64);
  });
});

describe('what is remembered', () => {
  let at = 0;
  const now = () => at;
  const asker = (n: number) => ({ ip: `10.0.${n >> 8}.${n & 255}`, tenantName: 'acme' });

  test('ends after a minute, and says when', () => {
    const { consume } = rateLimit(1, 10, now);
    expect(consume(asker(1))).toEqual({ allowed: true });
    at += 45_500;
    expect(consume(asker(1))).toEqual({ allowed: false, retryAfterSeconds: 15, first: true });
    expect(consume(asker(1))).toEqual({ allowed: false, retryAfterSeconds: 15, first: false });
    at += 14_500;
    expect(consume(asker(1))).toEqual({ allowed: true });
  });

  test('is so many askers; of more, who began first is forgotten', () => {
    const { consume } = rateLimit(1, 10, now);
    for (let n = 1; n <= 11; n++) expect(consume(asker(n)).allowed).toBe(true);
    expect(consume(asker(2)).allowed).toBe(false);
    expect(consume(asker(11)).allowed).toBe(false);
    expect(consume(asker(1)).allowed).toBe(true);
  });

  test('who is over the limit and had much read in vain is spent until the minute ends', () => {
    const limit = rateLimit(2, 10, now);
    limit.consume(asker(1), 20_000_000);
    expect(limit.isSpent(asker(1))).toBe(false);
    limit.consume(asker(1));
    limit.consume(asker(1));
    expect(limit.isSpent(asker(1))).toBe(true);
    expect(limit.isSpent(asker(2))).toBe(false);
    for (let i = 0; i < 3; i++) limit.consume(asker(3));
    expect(limit.isSpent(asker(3))).toBe(false);
    at += 60_000;
    expect(limit.isSpent(asker(1))).toBe(false);
  });
});
