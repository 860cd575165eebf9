/**
 * What other people have written, made harmless for a mail. Escaping is the template's; this is about what no
 * escaping helps against: control characters, and marks that turn the reading direction of what follows.
 */

const DIRECTION_OVERRIDES = /[\u202a-\u202e\u2066-\u2069]/gu;
const CONTROLS_BUT_LINES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff]/gu;
const LINE_ENDS = /\r\n|[\r\n\u000b\u000c\u0085\u2028\u2029]/gu;

/** Text of several lines. */
export function cleanText(text: string, max: number): string {
  const clean = text
    .toWellFormed()
    .replace(LINE_ENDS, '\n')
    .replace(DIRECTION_OVERRIDES, '')
    .replace(CONTROLS_BUT_LINES, '');
  return shortened(clean, max);
}

/** Text for one line, as a subject is. */
export const cleanLine = (text: string, max: number): string =>
  shortened(cleanText(text, Number.POSITIVE_INFINITY).replace(/\s+/gu, ' ').trim(), max);

/** Cut between code points, never inside of one; an ellipsis tells. */
function shortened(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/u, '')}…`;
}

/** A link that may be followed: `http` or `https` and nothing else. It is shown, never fetched by us. */
export function linkOf(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.length > 2000 || !/^https?:\/\//i.test(trimmed)) return undefined;
  const url = URL.parse(trimmed);
  // What reads `https://bank.example@evil.example` goes to evil.example.
  return url === null || url.username !== '' || url.password !== '' ? undefined : url.href;
}
