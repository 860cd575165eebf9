// `max`: how long a number may be is known per kind and country; the smaller builds approximate it. What a rebuild
// makes of a number follows this package's plans: after an update of it, raise the versions of those who call this.
import { type CountryCode, parseDigits, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { trimmed } from './words.ts';

/** What networks put in the place of a withheld number: these words, as digits on a keypad. */
const withheldWords = ['anonymous', 'blocked', 'private', 'restricted', 'unavailable', 'unknown', 'withheld'] as const;

const KEYPAD = ['abc', 'def', 'ghi', 'jkl', 'mno', 'pqrs', 'tuv', 'wxyz'] as const;
const onKeypad = (word: string): string =>
  word.replace(/[a-z]/g, (letter) => `${KEYPAD.findIndex((key) => key.includes(letter)) + 2}`);
const withheld: ReadonlySet<string> = new Set(withheldWords.map(onKeypad));

/** In front of them may stand a way of dialling abroad, and the country code that gateways add to everything. */
const PREFIX = /^(0011|011|00)?1?/;
const ZEROS = /^0*$/;

/** Whether digits stand in the place of a number that nobody wants to tell. */
function isWithheld(digits: string): boolean {
  const bare = digits.replace(PREFIX, '');
  return ZEROS.test(bare) || withheld.has(bare);
}

/** Longer is no number, however it is written. */
const MAX_LENGTH = 64;

/**
 * A number as E.164 (B7); undefined where it is not a *possible* one (docs/tickets.md): withheld, a SIP URI, prose, or
 * national while nobody says of which nation. The whole text must be the number.
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

/** A number as numbers are compared: in E.164, or as it was written where it is none. Undefined: there is no text. */
export const comparedNumber = (raw: string | undefined, region: string | undefined): string | undefined =>
  phoneOf(raw, region) ?? (raw?.trim() || undefined);

/** A number that can be dialled as E.164: as `phoneOf`, but not one with an extension, which would be lost on the way. */
export function dialledNumber(raw: string, region: string | undefined): string | undefined {
  const number = phoneOf(raw, region);
  return number === undefined || hasExtension(raw.trim(), region) ? undefined : number;
}

/** A call's number comes with each of its facts and in several projections, and the package takes its time over one. */
const read = new Map<string, string | undefined>();
const REMEMBERED = 10_000;

/** What follows a number: an extension, or the parameters of a `tel:` address. */
const BEHIND = /[;a-z].*$/is;

function parsed(text: string, country: string | undefined): string | undefined {
  // As it was dialled: once a region stands in front, a stand-in is a number like any other.
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
