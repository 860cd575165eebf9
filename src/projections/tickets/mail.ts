import type { MailObstacle } from '../../events/ticket-facts.ts';
import type { TicketEntry } from './ticket-log.ts';

/** What has become of the mail for the latest opening (docs/mail.md). */
export type MailState =
  | { readonly mail: 'none' | 'queued' | 'sent' | 'failed' }
  | { readonly mail: 'sent'; readonly mailReason: 'recipients_refused' }
  | { readonly mail: 'not_sent'; readonly mailReason: MailObstacle };
export type MailReason = 'recipients_refused' | MailObstacle;

/** Sent is final; of what else is on record the last word counts, since a redrive may follow. */
export function mailOf(openings: number, entries: readonly TicketEntry[]): MailState {
  if (openings === 0) return { mail: 'none' };
  let state: MailState = { mail: 'queued' };
  for (const entry of entries) if (state.mail !== 'sent') state = told(entry, openings) ?? state;
  return state;
}

function told(entry: TicketEntry, opening: number): MailState | undefined {
  switch (entry.type) {
    case 'TicketStatusSet':
    case 'TicketMailClaimed':
    case 'TicketMailPartlySent':
      return undefined;
    case 'TicketMailRedriven':
      return entry.data.opening === opening ? { mail: 'queued' } : undefined;
    case 'TicketMailSent':
      if (entry.data.opening !== opening) return undefined;
      return entry.data.refused === undefined ? { mail: 'sent' } : { mail: 'sent', mailReason: 'recipients_refused' };
    case 'TicketMailFailed':
      return entry.data.opening === opening ? { mail: 'failed' } : undefined;
    case 'TicketMailNotSent':
      return entry.data.opening === opening ? { mail: 'not_sent', mailReason: entry.data.reason } : undefined;
  }
}
