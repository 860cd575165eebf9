import { isIP } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import ipaddr from 'ipaddr.js';
import { sha256 } from '../events/identity.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/**
 * Whose `X-Forwarded-For` to believe: nobody's, that of the last n proxies, or that of proxies with these addresses.
 */
export type ProxyTrust = 'nobody' | { readonly hops: number } | { readonly networks: readonly Network[] };

const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/**
 * Reads TRUST_PROXY: `off`, a number of proxies (`true` is 1), or a list of addresses, networks, `loopback` and
 * `private`. Throws for anything else.
 */
export function proxyTrust(setting: string | undefined): ProxyTrust {
  const text = (setting ?? '').trim().toLowerCase();
  if (['', 'off', 'false', 'no', '0'].includes(text)) return 'nobody';
  if (text === 'true') return { hops: 1 };
  if (/^\d{1,2}$/.test(text)) return { hops: Number(text) };
  return { networks: text.split(',').flatMap((word) => (NAMED[word.trim()] ?? [word.trim()]).map(networkOf)) };
}

function networkOf(entry: string): Network {
  const address = addressOf(entry);
  if (address) return [address, address.toByteArray().length * 8];
  try {
    if (isIP(entry.split('/')[0]!) !== 0) {
      const [base, bits] = ipaddr.parseCIDR(entry);
      const plain = asIPv4(base);
      return [plain, plain === base ? bits : Math.max(0, bits - 96)];
    }
  } catch {} // more bits than the address has
  throw new Error(`TRUST_PROXY: "${entry}" is neither an address, a network, "loopback", "private" nor a number`);
}

/** IPv6 forms of IPv4 addresses: from dual-stack sockets, and behind a translator. */
const HOLD_IPV4: ReadonlySet<string> = new Set(['ipv4Mapped', 'rfc6145', 'rfc6052']);

/** Parses an address without brackets, port and zone, IPv4 in any form. Undefined if it is none. */
function addressOf(text: string): Address | undefined {
  const bare = text
    .trim()
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
    .replace(/%.*$/, '');
  if (isIP(bare) === 0) return undefined;
  return asIPv4(ipaddr.parse(bare));
}

const asIPv4 = (address: Address): Address =>
  HOLD_IPV4.has(address.range()) ? new ipaddr.IPv4(address.toByteArray().slice(-4)) : address;

/**
 * The client's address: the nearest that is no trusted proxy, or the one n hops away. Anything beyond is the client's
 * own claim and is ignored.
 */
export function clientIp(socketAddress: string | undefined, forwarded: string | undefined, by: ProxyTrust): string {
  let client = addressOf(socketAddress ?? '');
  const claims = by === 'nobody' || forwarded === undefined ? [] : forwarded.split(',').map(addressOf).reverse();
  for (const [step, claim] of claims.entries()) {
    const isBelieved = client && by !== 'nobody' && ('hops' in by ? step < by.hops : isIn(by.networks, client));
    if (!isBelieved || claim === undefined) break;
    client = claim;
  }
  return client?.toString() ?? '';
}

/** The address of a request's client. */
export const clientIpBy =
  (by: ProxyTrust) =>
  (c: Context): string =>
    clientIp(getConnInfo(c).remote.address, c.req.header('x-forwarded-for'), by);

/** Whether a client's connection is TLS: by the header of the nearest proxy, where that one is believed. */
export const isTlsBy = (by: ProxyTrust) => (c: Context) => {
  const nearest = addressOf(getConnInfo(c).remote.address ?? '');
  const isBelieved =
    by !== 'nobody' && ('hops' in by ? by.hops > 0 : nearest !== undefined && isIn(by.networks, nearest));
  return isBelieved && c.req.header('x-forwarded-proto')?.split(',').at(-1)?.trim().toLowerCase() === 'https';
};

const isIn = (networks: readonly Network[], address: Address): boolean =>
  networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));

/** The unit to count by: an IPv4 address, or the 64 bits that an IPv6 host gets at least. */
function neighbourhoodOf(ip: string): string {
  const address = addressOf(ip);
  return address instanceof ipaddr.IPv6 ? `${address.parts.slice(0, 4).join(':')}/64` : ip;
}

export type RateDecision =
  | { readonly allowed: true }
  /** `first`: the first request over the limit; the later ones are not logged. */
  | { readonly allowed: false; readonly retryAfterSeconds: number; readonly first: boolean };

/** The client: an address, and the name of the tenant it claims. */
type Asker = { readonly ip: string; readonly tenantName: string };

type RateLimit = {
  /** Counts a request and its bytes that were read in vain. */
  consume(asker: Asker, bytes?: number): RateDecision;
  /** Whether an asker is over the limit and has had so many bytes read in vain that only small bodies are read. */
  isSpent(asker: Asker): boolean;
};

const MINUTE_MS = 60_000;
/**
 * Tenant names are hashed into slots, so that one wrong key does not lock out other tenants behind the same address.
 */
const SLOTS = 64;
/** Bytes of one asker read in vain per minute before only small bodies are. */
const VAIN_BYTES = 16 * 1024 * 1024;
/** Askers in memory; beyond that the oldest is dropped. */
const MOST_ASKERS = 50_000;

type Minute = { requests: number; bytes: number; readonly endsAt: number };

/**
 * Limits requests per minute by address and slot of tenant names (B11). Unknown names count the same, so the answers do
 * not reveal tenants.
 */
export function rateLimit(perMinute: number, mostAskers = MOST_ASKERS, now = () => performance.now()): RateLimit {
  const minutes = new Map<string, Minute>(); // ordered by their end

  const keyOf = ({ ip, tenantName }: Asker) =>
    `${neighbourhoodOf(ip)} ${Number.parseInt(sha256(tenantName).slice(0, 4), 16) % SLOTS}`;

  const minuteOf = (asker: Asker): Minute => {
    const key = keyOf(asker);
    const at = now();
    const known = minutes.get(key);
    if (known && known.endsAt > at) return known;
    minutes.delete(key);
    const minute = { requests: 0, bytes: 0, endsAt: at + MINUTE_MS };
    minutes.set(key, minute);
    for (const [other, { endsAt }] of minutes) {
      if (endsAt > at && minutes.size <= mostAskers) break;
      minutes.delete(other);
    }
    return minute;
  };

  return {
    consume(asker, bytes = 0) {
      const minute = minuteOf(asker);
      minute.requests++;
      minute.bytes += bytes;
      if (minute.requests <= perMinute) return { allowed: true };
      const retryAfterSeconds = Math.max(1, Math.ceil((minute.endsAt - now()) / 1000));
      return { allowed: false, retryAfterSeconds, first: minute.requests === perMinute + 1 };
    },
    isSpent(asker) {
      const minute = minutes.get(keyOf(asker));
      return minute !== undefined && minute.endsAt > now() && minute.requests > perMinute && minute.bytes > VAIN_BYTES;
    },
  };
}
