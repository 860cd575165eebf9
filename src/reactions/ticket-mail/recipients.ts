import { z } from 'zod';
import { uuidOf } from '../../events/identity.ts';
import type { MailKey } from './append-mail-fact.ts';
import type { MailRecord } from './mail-record.ts';

const Address = z.email().max(254);

/** As addresses are compared. */
const normal = (address: string): string => address.toLowerCase();

/** Who is to get the mails: what the settings hold, once each; what is no address (any more) is passed over. */
export function validRecipients(recipients: readonly string[]): readonly string[] {
  const valid = recipients.flatMap((text) => Address.safeParse(text.trim()).data ?? []);
  return [...new Map(valid.map((address) => [normal(address), address])).values()];
}

/** A recipient of a mail as the log knows it: a digest of its own for each mail, and no address. */
export const recipientId = ({ tenantId, callId, opening }: MailKey, address: string): string =>
  uuidOf('ticket-mail-recipient', tenantId, callId, `${opening}`, normal(address));

/** Those of the recipients that a mail is still to be brought to. */
export function openRecipients(
  key: MailKey,
  { accepted = [], refused = [] }: MailRecord,
  recipients: readonly string[],
): readonly string[] {
  const settled = new Set([...accepted, ...refused]);
  return recipients.filter((address) => !settled.has(recipientId(key, address)));
}

/** Those of the recipients that stand in a list, however either writes them. */
export function among(recipients: readonly string[], listed: readonly string[]): readonly string[] {
  const known = new Set(listed.map(normal));
  return recipients.filter((address) => known.has(normal(address)));
}
