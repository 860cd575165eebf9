import { isUsableId } from '../events/identity.ts';
import { ticketIdOf } from '../events/ticket-facts.ts';
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

const CALL = 'call:';
const TICKET = ticketIdOf('');

/** An id, or a name that is made of one and may be longer. */
function normalNameOf(prefix: string, value: unknown): string | undefined {
  const name = typeof value === 'string' ? trimmed(value) : '';
  if (!name.startsWith(prefix)) return normalId(name);
  const id = normalId(name.slice(prefix.length));
  return id && prefix + id;
}

/** What a session is looked for by: its id, or `call:<Retell call id>`. */
export const normalSessionId = (value: unknown): string | undefined => normalNameOf(CALL, value);

/** What a ticket is looked for by: `tkt_<Retell call id>`. */
export const normalTicketId = (value: unknown): string | undefined => normalNameOf(TICKET, value);

/** Whether an id, or that of the call in `call:<Retell call id>`, is a word that stands for nothing. */
export const standsForNothing = (id: string): boolean => namesNothing(id.startsWith(CALL) ? id.slice(CALL.length) : id);
