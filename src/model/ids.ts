import { isUsableId } from '../events/ids.ts';
import { namesNothing, trimmed } from './words.ts';

/** Text that Postgres can hold and UTF-8 can write. Every id and filter from outside is such text, or it names nothing. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/**
 * An id from outside as ids are compared: without white space and invisible characters around it. Undefined where it
 * cannot be one (docs/webhooks.md).
 */
export function normalId(value: unknown): string | undefined {
  const id = typeof value === 'string' ? trimmed(value) : undefined;
  return isUsableId(id) ? id : undefined;
}

/** The same for an id that a caller has chosen; undefined also where it is a word that stands for nothing. */
export function chosenId(value: unknown): string | undefined {
  const id = normalId(value);
  return id === undefined || namesNothing(id) ? undefined : id;
}
