import dns, { type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whether anybody may be sent to: in tests, and where `WEBHOOK_ALLOW_PRIVATE` says so. */
export type Allowed = { readonly allowPrivate: boolean };

type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

export const resolveName: Resolve = (name) => dns.promises.lookup(name, { all: true });

/** IPv6 forms of an IPv4 address, by where it is in the 16 bytes: RFC 4291, 6145, 6052 and 3056. */
const EMBEDDED: Readonly<Record<string, number>> = { ipv4Mapped: 12, rfc6145: 12, rfc6052: 12, '6to4': 2 };
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Whether an address is one of the whole internet: not private, local, shared, multicast, reserved, nor such inside IPv6. */
export function isGlobal(text: string): boolean {
  if (isIP(text) === 0 || text.includes('%')) return false;
  const address = ipaddr.parse(text);
  const range = address.range();
  if (address instanceof ipaddr.IPv4) return range === 'unicast';
  const at = EMBEDDED[range];
  if (at !== undefined) {
    if (range === 'rfc6052' && !address.match(NAT64)) return false; // the translator's own, RFC 8215
    return new ipaddr.IPv4(address.toByteArray().slice(at, at + 4)).range() === 'unicast';
  }
  return range === 'unicast' && (address as ipaddr.IPv6).match(GLOBAL_IPV6);
}

/** The host of a URL as it is connected to; WHATWG's parser has brought odd spellings of addresses into one form. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** Why an endpoint may not have this URL; undefined: it may. A name that does not resolve now is checked when it does. */
export async function urlFault(
  text: string,
  { allowPrivate }: Allowed,
  resolve: Resolve = resolveName,
): Promise<string | undefined> {
  const url = URL.parse(text);
  if (url === null || url.hostname === '') return 'It is no absolute URL with a host.';
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) return 'It must begin with https://.';
  if (url.username !== '' || url.password !== '') return 'It must hold no user name and no password.';
  if (allowPrivate) return undefined;
  const host = hostOf(url);
  if (isIP(host) !== 0) return isGlobal(host) ? undefined : NOT_GLOBAL;
  if (/(^|\.)localhost\.?$/.test(host)) return NOT_GLOBAL;
  const addresses = await resolve(host).catch(() => []);
  return addresses.every(({ address }) => isGlobal(address)) ? undefined : NOT_GLOBAL;
}

const NOT_GLOBAL = 'Its host is no address of the public internet, or a name that leads to one that is not.';

/** A name led to an address that nothing may be sent to. */
export class AddressNotAllowed extends Error {
  override readonly name = 'AddressNotAllowed';
}

/** For a connection: resolves a name, and connects to nothing but what was checked. Never called for an address. */
export const checkedLookup =
  ({ allowPrivate }: Allowed, resolve: Resolve = resolveName): LookupFunction =>
  (name, { all }, callback) => {
    resolve(name).then(
      (addresses) => {
        const [first] = addresses;
        if (!first || !(allowPrivate || addresses.every(({ address }) => isGlobal(address))))
          return callback(new AddressNotAllowed(`${name} leads to an address that is not allowed`), '');
        if (all) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error) => callback(error, ''),
    );
  };
