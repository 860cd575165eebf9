import { DAY_MS, instantOfLocal, startOfDay } from '../model/time.ts';

/** What was sent of a form: a field that comes several times is a list. */
export type Form = Readonly<Record<string, unknown>>;

/** A field of a form; undefined where nothing is in it. */
export const typed = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;

/** A field that may come several times. */
export const every = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((one) => typed(one) ?? []);

/** A local day, `2026-01-31`, as the range of a list; nothing where it is no day. */
export function dayRange(day: string, timeZone: string): { readonly from?: string; readonly to?: string } {
  const midnight = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(midnight)) return {};
  const at = (local: number) => new Date(startOfDay(local, timeZone)).toISOString();
  return { from: at(midnight), to: at(midnight + DAY_MS) };
}

/** The instant of what a `datetime-local` field says, in a zone; undefined unless there is exactly one. */
export function instantTyped(text: string, timeZone: string): string | undefined {
  const local = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text) ? Date.parse(`${text}Z`) : Number.NaN;
  const instant = Number.isNaN(local) ? undefined : instantOfLocal(local, timeZone);
  return instant === undefined ? undefined : new Date(instant).toISOString();
}
