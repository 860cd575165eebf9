import { describe, expect, test } from 'vitest';
import { clientIp, proxyTrust } from '../../src/http/rate-limit.ts';
import { namedTenant } from '../../src/tenants/tenant.ts';

describe('the client’s address', () => {
  test.each([
    ['off', '10.0.0.1', '1.1.1.1', '10.0.0.1'],
    [undefined, '10.0.0.1', '1.1.1.1', '10.0.0.1'],
    ['10.0.0.1', '10.0.0.1', '1.1.1.1', '1.1.1.1'],
    ['10.0.0.1', '::ffff:10.0.0.1', '1.1.1.1', '1.1.1.1'],
    ['10.0.0.1', '10.0.0.2', '1.1.1.1', '10.0.0.2'],
    ['10.0.0.0/8', '10.0.0.1', '6.6.6.6, 1.1.1.1, 10.9.9.9', '1.1.1.1'],
    ['10.0.0.0/8', '10.0.0.1', '10.1.1.1', '10.1.1.1'],
    ['loopback', '127.0.0.1', '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    ['loopback', '::1', '2001:db8::1', '2001:db8::1'],
    ['loopback', '0:0:0:0:0:0:0:1', '2001:DB8:0:0::1', '2001:db8::1'],
    ['loopback', '::ffff:7f00:1', '::ffff:101:101', '1.1.1.1'],
    ['::ffff:10.0.0.0/104', '10.0.0.1', '1.1.1.1', '1.1.1.1'],
    ['::ffff:10.0.0.1', '10.0.0.1', '1.1.1.1', '1.1.1.1'],
    ['10.0.0.0/8', '2001:db8::1', '1.1.1.1', '2001:db8::1'],
    ['2001:db8::/32', '2001:db8::1', '1', '2001:db8::1'],
    ['loopback', '127.0.0.1', '0x7f.1', '127.0.0.1'],
    ['loopback, private', '127.0.0.1', '1.1.1.1, 192.168.1.1', '1.1.1.1'],
    ['loopback', '127.0.0.1', 'nonsense', '127.0.0.1'],
    ['loopback', '127.0.0.1', '1.1.1.1:8080', '1.1.1.1'],
    ['loopback', '127.0.0.1', '[2001:db8::1]:8080', '2001:db8::1'],
    ['loopback', '127.0.0.1', undefined, '127.0.0.1'],
    ['1', '10.0.0.1', '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    ['true', '10.0.0.1', '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    ['2', '10.0.0.1', '6.6.6.6, 1.1.1.1, 10.9.9.9', '1.1.1.1'],
  ])('TRUST_PROXY=%s, from %s, forwarded for %s: %s', (setting, socket, forwarded, expected) => {
    expect(clientIp(socket, forwarded, proxyTrust(setting))).toBe(expected);
  });
  test.each(['everyone', '10.0.0.0/33', '::1/129', '10.0.0.1,,', '1.2.3'])(
    'TRUST_PROXY=%s is refused by name',
    (setting) => {
      expect(() => proxyTrust(setting)).toThrow(/TRUST_PROXY: "/);
    },
  );
});

describe('the tenant that a request names', () => {
  test.each([
    [{ path: 'p', header: 'h', host: 's.hooks.example' }, 'p'],
    [{ path: undefined, header: 'h', host: 's.hooks.example' }, 'h'],
    [{ path: undefined, header: undefined, host: 's.hooks.example:8443' }, 's'],
    [{ path: undefined, header: '', host: 'S.Hooks.Example' }, 's'],
    [{ path: undefined, header: undefined, host: 'hooks.example' }, undefined],
    [{ path: undefined, header: undefined, host: 'evilhooks.example' }, undefined],
    [{ path: undefined, header: undefined, host: 'a.b.hooks.example' }, 'a.b'],
    [{ path: undefined, header: undefined, host: undefined }, undefined],
  ])('%j: %s', (selectors, expected) => {
    expect(namedTenant(selectors, 'hooks.example:443')).toBe(expected);
  });
  test('without PUBLIC_HOST no host names one', () => {
    expect(namedTenant({ path: undefined, header: undefined, host: 'a.hooks.example' }, undefined)).toBeUndefined();
  });
});
