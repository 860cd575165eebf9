import { z } from 'zod';

const Address = z.email().max(254);

/** Who is to get the mails: what the settings hold, once each; what is no address (any more) is passed over. */
export function validRecipients(recipients: readonly string[]): readonly string[] {
  const valid = recipients.flatMap((text) => Address.safeParse(text.trim()).data ?? []);
  return [...new Map(valid.map((address) => [address.toLowerCase(), address])).values()];
}
