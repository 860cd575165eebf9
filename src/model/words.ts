import type { Json } from '../events/json.ts';

// docs/outcomes.md, "Words": what people, models and tools write, as data.

/** A value that can be a word; objects and lists never are. */
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

/** Words for "unknown", in any field. */
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

/** Further ones in an analysis; in an id they could be meant. */
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

/** A template that was never filled. */
const UNFILLED = /^(\{\{.*\}\}|\$\{.*\}|<[^<>]*>)$/s;
/** In an id it counts anywhere: one half-filled template would join unrelated calls. */
const UNFILLED_PART = /\{\{[^{}]*\}\}|\$\{[^{}]*\}/;
/** 0, or a UUID of zeros. */
const ZEROS = /^[0-]+$/;

// The lookbehind tries a run of spaces once only: otherwise a megabyte takes a minute.
const AROUND = /^[\s\p{Cf}]+|(?<![\s\p{Cf}])[\s\p{Cf}]+$/gu;
const PUNCTUATION = /^["'`“”„‘’«»]+|["'`“”„‘’«».!\s]+$/g;
/** Longer text is prose; no word is longer. */
const LONGEST = 64;

/** Without white space and invisible characters around it. */
export const trimmed = (text: string): string => text.replace(AROUND, '');

/** A word for comparison: trimmed, lower case, without quotes and final `.` or `!`. */
export function wordOf(value: Scalar): string {
  if (typeof value !== 'string') return String(value);
  return value.length > LONGEST ? value : trimmed(value).replace(PUNCTUATION, '').toLowerCase();
}

/** A boolean in any spelling; undefined when it is neither. */
export function truthOf(value: unknown): boolean | undefined {
  if (!isScalar(value)) return undefined;
  const word = wordOf(value);
  return Object.hasOwn(truths, word) ? truths[word] : undefined;
}

/** Whether a value means nothing: null, blank, a word for "unknown", an unfilled template. */
export function isBlank(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'number') return Number.isNaN(value);
  if (typeof value !== 'string') return false;
  return nothing.has(wordOf(value)) || UNFILLED.test(trimmed(value));
}

/** The same for an analysis field or a collected variable. */
export const isBlankAnswer = (value: Json | undefined): boolean =>
  isBlank(value) || (typeof value === 'string' && nothingSaid.has(wordOf(value)));

/** Whether text is a placeholder and no id. */
export const isPlaceholder = (text: string): boolean => isBlank(text) || UNFILLED_PART.test(text) || ZEROS.test(text);

/** A field name for comparison: trimmed, lower case, Unicode NFC. */
export function normalName(name: string): string {
  const cached = names.get(name);
  if (cached !== undefined) return cached;
  const normal = trimmed(name).normalize('NFC').toLowerCase();
  if (names.size >= REMEMBERED) names.clear();
  if (name.length <= LONGEST) names.set(name, normal);
  return normal;
}

/** A cache: every call has the same few field names. */
const names = new Map<string, string>();
const REMEMBERED = 1000;
