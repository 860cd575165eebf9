import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { isGlobal, urlFault } from '../../../src/reactions/outgoing-webhooks/addresses.ts';
import { post } from '../../../src/reactions/outgoing-webhooks/post.ts';

const nowhere = async () => {
  throw new Error('no name service');
};
const to =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const strict = { allowPrivate: false };

describe('what may be sent to', () => {
  test.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946', '64:ff9b::808:808', '::ffff:8.8.8.8'])(
    '%s',
    (address) => expect(isGlobal(address)).toBe(true),
  );
});

describe('what may not', () => {
  test.each([
    ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '0.1.2.3'],
    ...['224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255', '192.0.0.1', '192.0.2.1', '198.51.100.1'],
    ...['203.0.113.9', '198.18.0.1', '192.88.99.1', '::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12::1'],
    ...['ff02::1', 'fec0::1', '100::1', '2001:db8::1', '3fff::1', '2001::1', '2001:2::1', '5f00::1', '4000::1'],
    ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:0:127.0.0.1', '::127.0.0.1', '64:ff9b::7f00:1'],
    ...['64:ff9b::a9fe:a9fe', '64:ff9b:1::808:808', '2002:7f00:1::', '2002:a00:1::1', '2002:c0a8:101::', 'no address'],
  ])('%s', (address) => expect(isGlobal(address)).toBe(false));
});

describe('the URL of an endpoint', () => {
  test.each([
    ['a name that leads to the internet', 'https://hooks.example.com/a?b=c', to('93.184.216.34')],
    ['a name that leads nowhere now', 'https://hooks.example.com', nowhere],
    ['a global address', 'https://93.184.216.34:8443/a', nowhere],
    ['in IPv6', 'https://[2606:2800:220:1:248:1893:25c8:1946]/', nowhere],
  ])('may be %s', async (_, url, resolve) => expect(await urlFault(url, strict, resolve)).toBeUndefined());

  test.each([
    ['http', 'http://hooks.example.com/'],
    ['another scheme', 'ftp://hooks.example.com/'],
    ['no URL', 'hooks.example.com'],
    ['none with a host', 'https:///'],
    ['a user name', 'https://user@hooks.example.com/'],
    ['a password', 'https://:secret@hooks.example.com/'],
    ['an address as one number', 'https://2130706433/'],
    ['in hexadecimal', 'https://0x7f.0.0.1/'],
    ['in octal', 'https://0177.0.0.1/'],
    ['short', 'https://127.1/'],
    ['in full-width digits', 'https://１２７.0.0.1/'],
    ['with a dot at its end', 'https://127.0.0.1./'],
    ['in IPv6', 'https://[::ffff:127.0.0.1]/'],
    ['in IPv6 in hexadecimal', 'https://[::ffff:7f00:1]/'],
    ['translated', 'https://[64:ff9b::7f00:1]/'],
    ['of a cloud', 'https://169.254.169.254/latest/meta-data/'],
    ['localhost', 'https://localhost/'],
    ['a name below it', 'https://api.localhost./'],
  ])('may not be %s', async (_, url) => expect(await urlFault(url, strict, nowhere)).toEqual(expect.any(String)));

  test('may not be a name of which any address is not allowed', async () => {
    const resolve = to('93.184.216.34', '10.0.0.1');
    expect(await urlFault('https://hooks.example.com/', strict, resolve)).toContain('public internet');
  });

  test('may be http and private where that is allowed, and still hold no password', async () => {
    const lax = { allowPrivate: true };
    expect(await urlFault('http://127.0.0.1:9/', lax, nowhere)).toBeUndefined();
    expect(await urlFault('http://a:b@127.0.0.1:9/', lax, nowhere)).toEqual(expect.any(String));
  });
});

describe('a connection', () => {
  const signal = new AbortController().signal;

  /** Counts the connections to a server of this machine. */
  async function watched(ask: (port: number) => Promise<unknown>) {
    let connections = 0;
    const server = createServer((_, response) => response.end()).on('connection', () => connections++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      return { answered: await ask((server.address() as AddressInfo).port), connections };
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }
  const refused = { answered: { failure: 'url_not_allowed' }, connections: 0 };
  const options = { ...strict, limitMs: 5000, signal };

  test('is not made to a name that has come to lead to a private address', async () =>
    expect(
      await watched((port) =>
        post(`https://hooks.example.com:${port}/`, {}, '{}', { ...options, resolve: to('127.0.0.1') }),
      ),
    ).toEqual(refused));
  test('is not made to a private address that a URL holds', async () =>
    expect(await watched((port) => post(`https://127.0.0.1:${port}/`, {}, '{}', options))).toEqual(refused));
  test('is not made without TLS', async () =>
    expect(
      await watched((port) =>
        post(`http://hooks.example.com:${port}/`, {}, '{}', { ...options, resolve: to('93.184.216.34') }),
      ),
    ).toEqual(refused));
  test('is made to the address that was checked, where that is allowed', async () =>
    expect(
      await watched((port) =>
        post(`http://hooks.example.com:${port}/`, {}, '{}', {
          ...options,
          allowPrivate: true,
          resolve: to('127.0.0.1'),
        }),
      ),
    ).toEqual({ answered: { status: 200 }, connections: 1 }));
});
