import { Failure } from './failure.ts';

/** Shows control characters instead of sending them: a terminal would obey them, and callers chose the text. */
export const printable = (text: string): string =>
  text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const oneLine = (value: unknown): string =>
  (value === undefined || value === null ? '–' : String(value)).replace(/\s+/g, ' ');

/** The columns of a table by heading: each shows a field of the item, or what a function makes of it. */
export type Columns<Item> = Readonly<Record<string, keyof Item | ((item: Item) => unknown)>>;

/** Items under their headings, each column as wide as its widest cell. */
export function table<Item>(items: readonly Item[], columns: Columns<Item>): string {
  const headings = Object.keys(columns);
  const cellOf = (item: Item, cell: keyof Item | ((item: Item) => unknown)) =>
    printable(oneLine(typeof cell === 'function' ? cell(item) : item[cell]));
  const rows = items.map((item) => Object.values(columns).map((cell) => cellOf(item, cell)));
  const cells = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lineOf = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ');
  return cells.map((row) => lineOf(row).trimEnd()).join('\n');
}

/** The fields of one thing, one a line, without those that are absent. */
export function fields(pairs: Readonly<Record<string, unknown>>): string {
  const present = Object.entries(pairs).filter(([, value]) => value !== undefined && value !== null);
  const width = Math.max(...present.map(([name]) => name.length));
  return present.map(([name, value]) => `${name.padEnd(width)}  ${oneLine(value)}`).join('\n');
}

export const shortened = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

/** The JSON of a text; undefined: it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an option lists, with commas between. */
export const wordsOf = (list: string): string[] => list.split(',').map((word) => word.trim());

/** The examples below a command's help. */
export const examples = (...lines: readonly string[]): string =>
  `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ call-ledger ${line}`).join('\n')}`;

const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time as a person writes it: ISO 8601, a date alone being midnight UTC; or how long ago it was: 90m, 6h, 3d. */
export function instantOf<Text extends string | undefined>(text: Text, option: string): Text {
  if (text === undefined) return text;
  const ago = /^(\d{1,5})([mhd])$/.exec(text);
  const isIso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d.*(Z|[+-]\d\d:\d\d))?$/.test(text);
  const ms = ago
    ? Date.now() - Number(ago[1]) * units[ago[2] as keyof typeof units]
    : isIso
      ? Date.parse(text)
      : Number.NaN;
  if (Number.isNaN(ms))
    throw new Failure(2, `${option}: "${text}" is no time.`, {
      remedy: 'For example 2026-01-31, 2026-01-31T09:00:00Z, or 6h for six hours ago.',
    });
  return new Date(ms).toISOString() as Text;
}
