// `max` knows the possible lengths per kind and country. Results depend on the package: raise the version of the
// projection `calls` after an update.
import { type CountryCode, parseDigits, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { trimmed } from './words.ts';

/** The words that networks send instead of a withheld number, as digits on a keypad. */
const withheldWords = ['anonymous', 'blocked', 'private', 'restricted', 'unavailable', 'unknown', 'withheld'] as const;

const KEYPAD = ['abc', 'def', 'ghi', 'jkl', 'mno', 'pqrs', 'tuv', 'wxyz'] as const;
const onKeypad = (word: string): string =>
  word.replace(/[a-z]/g, (letter) => `${KEYPAD.findIndex((key) => key.includes(letter)) + 2}`);
const withheld: ReadonlySet<string> = new Set(withheldWords.map(onKeypad));

/** An international prefix and the country code 1, which gateways add to everything. */
const PREFIX = /^(0011|011|00)?1?/;
const ZEROS = /^0*$/;

/** Whether digits are a network's placeholder for a withheld number. */
function isWithheld(digits: string): boolean {
  const bare = digits.replace(PREFIX, '');
  return ZEROS.test(bare) || withheld.has(bare);
}

/** No number is longer, however it is written. */
const MAX_LENGTH = 64;

/**
 * A number as E.164 (B7); undefined when it is not a *possible* one (docs/tickets.md) or national without a region. The
 * whole text must be the number.
 */
export function phoneOf(raw: string | undefined, region: string | undefined): string | undefined {
  const text = trimmed(raw ?? '');
  if (text === '' || text.length > MAX_LENGTH) return undefined;
  const country = region?.trim().toUpperCase();
  const key = `${country ?? ''} ${text}`;
  if (read.has(key)) return read.get(key);
  if (read.size >= REMEMBERED) read.clear();
  const number = parsed(text, country);
  read.set(key, number);
  return number;
}

/** A number for comparison: E.164, or the text as written. Undefined without text. */
export const comparedNumber = (raw: string | undefined, region: string | undefined): string | undefined =>
  phoneOf(raw, region) ?? (raw?.trim() || undefined);

/** A number to dial; none with an extension, which E.164 would lose. */
export function dialledNumber(raw: string, region: string | undefined): string | undefined {
  const number = phoneOf(raw, region);
  return number === undefined || hasExtension(raw.trim(), region) ? undefined : number;
}

/** Caches results: parsing is slow, and a call repeats its number in each fact. */
const read = new Map<string, string | undefined>();
const REMEMBERED = 10_000;

/** An extension, or the parameters of a `tel:` address. */
const BEHIND = /[;a-z].*$/is;

function parsed(text: string, country: string | undefined): string | undefined {
  // Check before a region is added: with one, a placeholder looks like a real number.
  if (isWithheld(parseDigits(text.replace(/^tel:/i, '').replace(BEHIND, '')))) return undefined;
  const phone = parse(text, country);
  if (!phone?.isPossible() || ZEROS.test(phone.nationalNumber) || isWithheld(phone.number.slice(1))) return undefined;
  return phone.number;
}

const hasExtension = (text: string, region: string | undefined): boolean =>
  parse(text, region?.trim().toUpperCase())?.ext !== undefined;

function parse(text: string, country: string | undefined) {
  const defaultCountry = country as CountryCode | undefined;
  return parsePhoneNumberFromString(text, { ...(defaultCountry && { defaultCountry }), extract: false });
}

/** The country of an E.164 number, as `DE`; undefined: it belongs to none, as that of a satellite phone. */
export function regionOf(e164: string): string | undefined {
  const phone = parsePhoneNumberFromString(e164);
  // A range that is not assigned yet, as far as the package knows, counts as the first country's of its code.
  return phone?.country ?? phone?.getPossibleCountries()[0];
}
