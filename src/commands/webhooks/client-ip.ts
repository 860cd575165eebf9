import { BlockList, isIP } from 'node:net';

/**
 * Whose `X-Forwarded-For` is believed: nobody's, that of so many proxies in a row, or that of proxies with these
 * addresses.
 */
export type ProxyTrust = 'nobody' | { readonly hops: number } | { readonly addresses: BlockList };

const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/**
 * Reads TRUST_PROXY: `off` (the default), a number of proxies in front (`true` is 1), or a comma-separated list of
 * addresses, networks (`10.0.0.0/8`), `loopback` and `private`. Throws for anything else, naming it.
 */
export function proxyTrust(setting: string | undefined): ProxyTrust {
  const text = (setting ?? '').trim().toLowerCase();
  if (['', 'off', 'false', 'no', '0'].includes(text)) return 'nobody';
  if (text === 'true') return { hops: 1 };
  if (/^\d{1,2}$/.test(text)) return { hops: Number(text) };
  const addresses = new BlockList();
  for (const entry of text.split(',').flatMap((word) => NAMED[word.trim()] ?? [word.trim()])) trust(addresses, entry);
  return { addresses };
}

function trust(list: BlockList, entry: string): void {
  const [address = '', bits] = entry.split('/');
  const width = isIP(address) === 6 ? 128 : 32;
  if (isIP(address) === 0 || (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > width)))
    throw new Error(`TRUST_PROXY: "${entry}" is neither an address, a network, "loopback", "private" nor a number`);
  list.addSubnet(address, bits === undefined ? width : Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** One spelling per address: IPv4 that came over an IPv6 socket is IPv4; no brackets, no port, no zone. */
const plain = (address: string): string =>
  address
    .trim()
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
    .replace(/^::ffff:(?=[\d.]+$)/i, '')
    .replace(/%.*$/, '');

/**
 * The client's address. With trusted addresses: the nearest one that is not a trusted proxy. With hops: the one so
 * many steps away. What stands beyond is the client's own claim and is never read, nor is text that is no address.
 */
export function clientIp(socketAddress: string | undefined, forwarded: string | undefined, by: ProxyTrust): string {
  let client = plain(socketAddress ?? '');
  if (by === 'nobody' || forwarded === undefined) return client;
  const claims = forwarded.split(',').map(plain).reverse();
  for (const [step, claim] of claims.entries()) {
    const believed = 'hops' in by ? step < by.hops : isTrusted(by.addresses, client);
    if (!believed || isIP(claim) === 0) break;
    client = claim;
  }
  return client;
}

const isTrusted = (list: BlockList, address: string): boolean =>
  isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
