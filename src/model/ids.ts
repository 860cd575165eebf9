import { isUsableId } from '../events/identity.ts';
import { ticketIdOf } from '../events/ticket-facts.ts';
import { isPlaceholder, trimmed } from './words.ts';

/** Text that Postgres can hold and UTF-8 can encode; any other id or filter matches nothing. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/**
 * An id from outside without surrounding white space and invisible characters. Undefined when it cannot be one
 * (docs/webhooks.md).
 */
export function normalId(value: unknown): string | undefined {
  const id = typeof value === 'string' ? trimmed(value) : undefined;
  return isUsableId(id) ? id : undefined;
}

/** The same for an id that a caller chooses; undefined also for words like "none". */
export function chosenId(value: unknown): string | undefined {
  const id = normalId(value);
  return id === undefined || isPlaceholder(id) ? undefined : id;
}

const CALL = 'call:';
const TICKET = ticketIdOf('');

/** An id behind a prefix; with it, the name may be longer than an id. */
function normalNameOf(prefix: string, value: unknown): string | undefined {
  const name = typeof value === 'string' ? trimmed(value) : '';
  if (!name.startsWith(prefix)) return normalId(name);
  const id = normalId(name.slice(prefix.length));
  return id && prefix + id;
}

/** The name to look a session up by: its id, or `call:<Retell call id>`. */
export const normalSessionId = (value: unknown): string | undefined => normalNameOf(CALL, value);

/** The name to look a ticket up by: `tkt_<Retell call id>`. */
export const normalTicketId = (value: unknown): string | undefined => normalNameOf(TICKET, value);

/** Whether an id, or the call id in `call:<Retell call id>`, is a word like "none". */
export const isPlaceholderId = (id: string): boolean => isPlaceholder(id.startsWith(CALL) ? id.slice(CALL.length) : id);
