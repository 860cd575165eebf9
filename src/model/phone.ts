// `max`: how long a number may be is known per kind and country; the smaller builds approximate it. What a rebuild
// makes of a number follows this package's plans: after an update of it, raise the versions of those who call this.
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** What networks send in the place of a withheld number; as digits on a keypad, the only one that is long enough. */
const withheld: ReadonlySet<string> = new Set(['+86282452253']); // UNAVAILABLE

/** Longer is no number, however it is written. */
const MAX_LENGTH = 64;

/**
 * A number as E.164 (B7); undefined where it is not a *possible* one (RULES.md, "Tickets, customers, mail"): withheld,
 * a SIP URI, prose, or national while nobody says of which nation. The whole text must be the number.
 */
export function phoneOf(raw: string | undefined, region: string | undefined): string | undefined {
  const text = raw?.trim() ?? '';
  if (text === '' || text.length > MAX_LENGTH) return undefined;
  const country = region?.trim().toUpperCase();
  const key = `${country ?? ''} ${text}`;
  if (read.has(key)) return read.get(key);
  if (read.size >= REMEMBERED) read.clear();
  const number = parsed(text, country);
  read.set(key, number);
  return number;
}

/** A call's number comes with each of its facts and in several projections, and the package takes its time over one. */
const read = new Map<string, string | undefined>();
const REMEMBERED = 10_000;

function parsed(text: string, country: string | undefined): string | undefined {
  const defaultCountry = country as CountryCode | undefined;
  const phone = parsePhoneNumberFromString(text, { ...(defaultCountry && { defaultCountry }), extract: false });
  return phone?.isPossible() && !withheld.has(phone.number) ? phone.number : undefined;
}
