import { createServer } from 'node:net';
import { expect, inject, onTestFinished, test } from 'vitest';
import { isDatabaseUnavailable } from '../../src/postgres/errors.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { chooseServer, serversIn } from '../../src/postgres/servers.ts';
import { freePort } from '../support/free-port.ts';

const { host, port, username, password, pathname } = new URL(inject('postgresUrl'));
const among = (hosts: string, query = '') => `postgres://${username}:${password}@${hosts}${pathname}${query}`;

test('an address names one server or several, each with a port of its own or not', () => {
  const one = 'postgresql://me:p%40ss@db/ledger?sslmode=require';
  expect(serversIn(one)).toEqual({ urls: [one], wanted: 'any' });
  expect(serversIn('postgres:///ledger')).toEqual({ urls: ['postgres:///ledger'], wanted: 'any' });
  expect(serversIn('postgres://me:s@a,[::1]:5433/ledger?target_session_attrs=read-write')).toEqual({
    urls: [
      'postgres://me:s@a/ledger?target_session_attrs=read-write',
      'postgres://me:s@[::1]:5433/ledger?target_session_attrs=read-write',
    ],
    wanted: 'read-write',
  });
});

test.each([
  ['postgres://me:s@a,,b/ledger', /"" is no server/],
  ['postgres://me:s@a:54x,b/ledger', /"a:54x" is no server/],
  ['postgres://me:s@a/ledger?target_session_attrs=leader', /must be one of any, read-write/],
])('what cannot be meant is refused in a sentence, without the password: %s', (url, words) => {
  expect(() => serversIn(url)).toThrow(words);
  expect(() => serversIn(url)).not.toThrow(/me:s@/);
});

/** Takes connections and never says a word. */
async function silent(): Promise<string> {
  const server = createServer((socket) => void socket.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

test('the first that answers is taken, and those that are away or silent cost little time', async () => {
  const gone = `127.0.0.1:${await freePort()}`;
  const pool = createPool(among([gone, await silent(), host].join()), { name: 'test', max: 1, statementMs: 5000 });
  onTestFinished(() => pool.end());
  expect((await pool.query('select inet_server_port() as port')).rows).toEqual([{ port: Number(port) }]);
}, 10_000);

test('where none is as wanted the reason names what each one is, and it is an outage', async () => {
  const gone = await freePort();
  const servers = serversIn(among(`127.0.0.1:${gone},${host}`, '?target_session_attrs=standby'));
  const none = await chooseServer(servers).catch((error: unknown) => error);
  expect(`${none}`).toContain('no server of DATABASE_URL is standby');
  expect(`${none}`).toMatch(new RegExp(`ECONNREFUSED 127.0.0.1:${gone}; 127.0.0.1:${port} is a primary`));
  expect(isDatabaseUnavailable(none)).toBe(true);
});
