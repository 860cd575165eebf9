import type { Json } from '../events/json.ts';

// docs/outcomes.md, "Words": what a person, a model or a tool in between may have written, as data.

/** A value that can be a word. An object or a list never is one, whatever members it has. */
export type Scalar = string | number | boolean;

export const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  y: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  n: false,
  off: false,
  '0': false,
};

/** Words that stand for "nothing is known", wherever they stand. */
const nothing: ReadonlySet<string> = new Set([
  '',
  'undefined',
  'null',
  'none',
  'nil',
  'nan',
  'n/a',
  'na',
  'unknown',
  '-',
  '--',
  '–',
  '—',
  'n.a',
  '[object object]',
]);

/** Further ones that a model writes into an analysis; in an id they could be meant. */
const nothingSaid: ReadonlySet<string> = new Set([
  'not mentioned',
  'not provided',
  'not specified',
  'not available',
  'not given',
  'not applicable',
  'no data',
  'tbd',
]);

/** A template that nobody has filled. */
const UNFILLED = /^(\{\{.*\}\}|\$\{.*\}|<[^<>]*>)$/s;
/** In an id one that stands among other text too: it would join whoever left the same place empty. */
const UNFILLED_PART = /\{\{[^{}]*\}\}|\$\{[^{}]*\}/;
/** 0, and the UUID of nothing but zeros. */
const ZEROS = /^[0-]+$/;

// A run of spaces is tried at its beginning alone: from each of its places it would take a minute for a megabyte.
const AROUND = /^[\s\p{Cf}]+|(?<![\s\p{Cf}])[\s\p{Cf}]+$/gu;
const PUNCTUATION = /^["'`“”„‘’«»]+|["'`“”„‘’«».!\s]+$/g;
/** The longest of the words has a few more letters than this needs; longer text is prose. */
const LONGEST = 64;

/** Without white space and invisible characters around it. */
export const trimmed = (text: string): string => text.replace(AROUND, '');

/** A word as it is compared: trimmed, in lower case, without quotes around it and `.` or `!` at its end. */
export function wordOf(value: Scalar): string {
  if (typeof value !== 'string') return String(value);
  return value.length > LONGEST ? value : trimmed(value).replace(PUNCTUATION, '').toLowerCase();
}

/** A boolean however it was written; undefined: it says neither. */
export function truthOf(value: unknown): boolean | undefined {
  if (!isScalar(value)) return undefined;
  const word = wordOf(value);
  return Object.hasOwn(truths, word) ? truths[word] : undefined;
}

/** Whether a value is as if it were not there: null, blank, a word that stands for nothing, an unfilled template. */
export function isNothing(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'number') return Number.isNaN(value);
  if (typeof value !== 'string') return false;
  return nothing.has(wordOf(value)) || UNFILLED.test(trimmed(value));
}

/** The same for what an analysis says, or a variable that was collected for one. */
export const saysNothing = (value: Json | undefined): boolean =>
  isNothing(value) || (typeof value === 'string' && nothingSaid.has(wordOf(value)));

/** Whether text cannot be an id because whoever wrote it had none. */
export const namesNothing = (text: string): boolean => isNothing(text) || UNFILLED_PART.test(text) || ZEROS.test(text);

/** How names of fields compare: trimmed, without case, in Unicode NFC. */
export function normalName(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const normal = trimmed(name).normalize('NFC').toLowerCase();
  if (names.size >= REMEMBERED) names.clear();
  if (name.length <= LONGEST) names.set(name, normal);
  return normal;
}

/** Every call has fields of the same few names. */
const names = new Map<string, string>();
const REMEMBERED = 1000;
