import type { Fact } from '../../events/codec.ts';

/** What the log says has become of the mail for one opening. */
export type MailRecord = {
  /** Absent: it is still to be sent. Sent is final; of the others the last word counts, since a redrive may follow. */
  readonly settled?: 'sent' | 'failed' | 'not_sent';
  /** The last claim: until then nobody else may send. */
  readonly claim?: { readonly by: string; readonly until: number };
  /** Recipients that have it, and those that were refused for good: neither is tried again. By `recipientId`. */
  readonly accepted?: readonly string[];
  readonly refused?: readonly string[];
};

/** Opening → its record, from the facts of a ticket's stream in their order. */
export function mailRecords(facts: readonly Fact[]): ReadonlyMap<number, MailRecord> {
  const records = new Map<number, MailRecord>();
  for (const fact of facts) {
    const told = recordAfter(fact, (opening) => records.get(opening) ?? {});
    if (told) records.set(...told);
  }
  return records;
}

function recordAfter(fact: Fact, before: (opening: number) => MailRecord): [number, MailRecord] | undefined {
  const settle = (opening: number, settled: MailRecord['settled']): [number, MailRecord] => {
    const { settled: known, ...rest } = before(opening);
    if (known === 'sent') return [opening, { ...rest, settled: known }];
    return [opening, settled === undefined ? rest : { ...rest, settled }];
  };
  if (fact.type === 'TicketMailClaimed') {
    const { opening, by, until } = fact.data;
    return [opening, { ...before(opening), claim: { by, until: Date.parse(until) } }];
  }
  if (fact.type === 'TicketMailPartlySent') {
    const { opening } = fact.data;
    const { accepted = [], refused = [], ...rest } = before(opening);
    const more = { accepted: [...accepted, ...fact.data.accepted], refused: [...refused, ...fact.data.refused] };
    return [opening, { ...rest, ...more }];
  }
  if (fact.type === 'TicketMailSent') return settle(fact.data.opening, 'sent');
  if (fact.type === 'TicketMailFailed') return settle(fact.data.opening, 'failed');
  if (fact.type === 'TicketMailNotSent') return settle(fact.data.opening, 'not_sent');
  if (fact.type === 'TicketMailRedriven') return settle(fact.data.opening, undefined);
  return undefined; // what staff say is for the ticket's own reducer
}
