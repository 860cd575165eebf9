import { expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';

const problemsOf = (environment: Record<string, string>) => {
  const config = readConfig(environment);
  return 'problems' in config ? config.problems : [];
};
const configOf = (environment: Record<string, string>) => {
  const config = readConfig(environment);
  if ('problems' in config) throw new Error(config.problems.join('\n'));
  return config;
};

const both = { EVENTSTORE_URL: 'esdb://store:2113?tls=false', DATABASE_URL: 'postgres://user:pass@db/ledger' };
const keys = { ADMIN_KEY: 'an-admin-key-of-length', MASTER_KEY: 'a-master-key-of-length' };

test('nothing set is the documented default: loopback, embedded stores, every role', () => {
  expect(configOf({})).toMatchObject({
    host: '127.0.0.1',
    port: 3000,
    dataDir: './data',
    embedded: true,
    webhookSecrets: [],
    webhooks: { rateLimitPerMinute: 50, rateLimitScope: 'unverified', bodyLimitBytes: 10_485_760 },
    sessionMatchMinutes: 60,
    rebuildMaxParked: 100,
    roles: ['ingest', 'project', 'serve', 'react'],
  });
});

test('an empty variable is one that is not set', () => {
  expect(configOf({ PORT: '', EVENTSTORE_URL: '', RETELL_WEBHOOK_SECRET: '' })).toEqual(configOf({}));
});

test('no stream at all may be allowed to be parked by a rebuild, but not less', () => {
  expect(configOf({ REBUILD_MAX_PARKED: '0' }).rebuildMaxParked).toBe(0);
  expect(problemsOf({ REBUILD_MAX_PARKED: '-1' })).toEqual([expect.stringMatching(/^REBUILD_MAX_PARKED: /)]);
});

test('every problem is named at once', () => {
  const problems = problemsOf({ PORT: '70000', LOG_LEVEL: 'loud', ROLES: 'ingest,cook', EVENTSTORE_URL: 'http://x' });
  for (const name of ['PORT', 'LOG_LEVEL', 'ROLES', 'EVENTSTORE_URL']) expect(problems.join('\n')).toContain(name);
  expect(problems).toHaveLength(4);
});

test('with both stores given the keys are required, and the message says how to make one', () => {
  const problems = problemsOf(both);
  expect(problems).toHaveLength(2);
  expect(problems.join('\n')).toMatch(/ADMIN_KEY.*openssl rand/);
  expect(problems.join('\n')).toMatch(/MASTER_KEY.*openssl rand/);
  expect(configOf({ ...both, ...keys }).embedded).toBe(false);
});

test('a comma separates two webhook keys during a rotation; three are a mistake', () => {
  expect(configOf({ RETELL_WEBHOOK_SECRET: 'old, new' }).webhookSecrets).toEqual(['old', 'new']);
  expect(problemsOf({ RETELL_WEBHOOK_SECRET: 'a,b,c' }).join()).toContain('at most two');
});

test('several Postgres servers are one address; one that cannot be meant is a problem of DATABASE_URL', () => {
  const url = 'postgres://me:secret@a,b:5433/ledger?target_session_attrs=read-write';
  expect(configOf({ DATABASE_URL: url }).databaseUrl).toBe(url);
  const [problem, ...more] = problemsOf({ DATABASE_URL: url.replace('b:5433', '') });
  expect([problem, more]).toEqual([expect.stringMatching(/^DATABASE_URL: "" is no server/), []]);
});

test('a proxy that nobody could be is a problem of TRUST_PROXY', () => {
  expect(problemsOf({ TRUST_PROXY: '10.0.0.0/99' })).toEqual([
    expect.stringMatching(/^TRUST_PROXY: "10.0.0.0\/99" is/),
  ]);
  expect(configOf({ TRUST_PROXY: '2' }).webhooks.trustProxy).toEqual({ hops: 2 });
});

test.each([
  ['EVENTSTORE_URL', 'esdb://user:hunter2@bad host?tls=maybe'],
  ['EVENTSTORE_URL', 'esdb://user:hunter2@host:2113?tls'],
  ['EVENTSTORE_URL', 'esdb://user:hun@ter2@host:2113'],
  ['EVENTSTORE_URL', 'esdb://'],
  ['SMTP_URL', 'smtp://user:hunter2@:::'],
  ['SMTP_URL', 'smtp://user:hunter2@host:99999'],
])('a malformed %s is named, and nothing of it is said', (name, url) => {
  const problems = problemsOf({ [name]: url });
  expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name}: is malformed`))]);
  expect(problems.join()).not.toMatch(/hunter|ter2/);
});

test.each([
  'esdb://store:2113?tls=false',
  'esdb://admin:p%40ss@a:2113,b:2113,c:2113?nodePreference=leader&tls=true',
  'esdb+discover://cluster.internal',
  'esdb://127.0.0.1:2113/?tls=false',
])('%s is an address of an event store', (url) => expect(configOf({ EVENTSTORE_URL: url }).eventStoreUrl).toBe(url));

test('no problem repeats a secret', () => {
  const problems = problemsOf({ ADMIN_KEY: 'hunter2', MASTER_KEY: 'swordfish', RETELL_WEBHOOK_SECRET: 'x1,x2,x3' });
  expect(problems.length).toBeGreaterThan(0);
  for (const secret of ['hunter2', 'swordfish', 'x1', 'x2', 'x3']) expect(problems.join()).not.toContain(secret);
});
