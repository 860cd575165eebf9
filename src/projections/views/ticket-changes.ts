import type { Fact } from '../../events/codec.ts';
import { callStream, parseStream, ticketStream } from '../../events/streams.ts';
import { callIdOfTicket, ticketIdOf } from '../../events/ticket-facts.ts';
import { isBefore, type Place, placeOf } from '../../model/entries.ts';
import type { StreamState, WholeCall } from '../../model/stream-state.ts';
import { type Ticket, type TicketLog, ticketOf } from '../../model/ticket.ts';
import { linksIn, sessionAt } from '../calls/links.ts';
import { type RelatedSessions, relatedSessions } from '../calls/related-sessions.ts';
import { type CallKey, callKey, callStreamOf, linksOfCalls } from '../calls/session-calls.ts';
import type { Course, Late } from '../engine/projection.ts';
import type { Row, Table, Tables } from '../engine/table.ts';
import { columns, rowMaker } from '../tables.ts';
import type { ChangedCalls, View } from './view.ts';

const rows: Table = {
  name: 'ticket_changes',
  columns: columns.ticket_changes,
  key: ['position', 'id', 'tenant_id'],
  indexes: ['(tenant_id, call_id)'],
  queryIndexes: ['(tenant_id, position, id)'],
  view: Object.keys(columns.ticket_changes),
};

/** What a fact changed in a ticket, and the ticket after it. */
type TicketChange = Place & { readonly change: 'opened' | 'changed'; readonly ticket: Ticket };

/**
 * One row per opening of a ticket, as for its mails, and per change of its status, its activity or who set it. That it is
 * there at first is none, and none beside an opening.
 */
export const ticketChanges: View = {
  tables: [rows],
  async save(tables, batch) {
    if (batch.late) return replaceLate(tables, batch, batch.late);
    const calls = callsOf(batch.facts);
    const states = await batch.statesOf(calls.flatMap(streamsOf));
    const changes = changesOfTickets(batch, (stream) => {
      const change = batch.changed.get(stream);
      return change ? change.before : states.get(stream);
    });
    await tables.insert(rows, await rowsOf(tables, batch, changes));
  },
};

/** Before and after each fact of a call or its ticket, so that it is the same however the log is cut into batches. */
export function changesOfTickets(
  { facts, states }: Course<StreamState>,
  before: (stream: string) => StreamState | undefined,
): TicketChange[] {
  const now = new Map<string, StreamState | undefined>();
  const stateOf = (stream: string) => {
    if (!now.has(stream)) now.set(stream, before(stream));
    return now.get(stream);
  };
  const shown = ({ tenantId, callId }: CallKey) => {
    const call = stateOf(callStream(tenantId, callId)) as WholeCall | undefined;
    if (!call?.opened) return undefined;
    return ticketOf({ call, log: stateOf(ticketStream(tenantId, ticketIdOf(callId))) as TicketLog | undefined });
  };
  return facts.flatMap((fact, i): TicketChange[] => {
    const key = mayChange(fact) ? callOf(fact) : undefined;
    const was = key && shown(key);
    now.set(fact.stream, states[i]);
    const ticket = key && shown(key);
    const change = ticket && changeOf(was, ticket);
    return change ? [{ ...placeOf(fact), change, ticket }] : [];
  });
}

/** The mails' own record changes nothing of these. */
const mayChange = ({ type }: Fact): boolean => !type.startsWith('TicketMail') && type !== 'CallTextPart';

function changeOf(before: Ticket | undefined, after: Ticket): TicketChange['change'] | undefined {
  if (after.openings > (before?.openings ?? 0)) return 'opened';
  if (!before) return undefined;
  const isSame = before.status === after.status && before.active === after.active && before.setBy === after.setBy;
  return isSame ? undefined : 'changed';
}

function callOf({ stream }: Pick<Fact, 'stream'>): CallKey | undefined {
  const name = parseStream(stream);
  if (name?.category === 'call') return { tenantId: name.tenantId, callId: name.id };
  const callId = name?.category === 'ticket' ? callIdOfTicket(name.id) : undefined;
  return name && callId !== undefined ? { tenantId: name.tenantId, callId } : undefined;
}

const callsOf = (facts: readonly Fact[]): CallKey[] => {
  const calls = facts.filter(mayChange).flatMap((fact) => callOf(fact) ?? []);
  return [...new Map(calls.map((call) => [callStream(call.tenantId, call.callId), call])).values()];
};

const streamsOf = ({ tenantId, callId }: CallKey): readonly [string, string] => [
  callStream(tenantId, callId),
  ticketStream(tenantId, ticketIdOf(callId)),
];

const rowOf = rowMaker('ticket_changes');

/** Each in the session that its call was in then. */
async function rowsOf(tables: Tables, batch: ChangedCalls, changes: readonly TicketChange[]): Promise<Row[]> {
  if (changes.length === 0) return [];
  const streamOf = ({ tenantId, callId }: CallKey) => callStream(tenantId, callId);
  const here = new Set(batch.related.calls.map(streamOf));
  // Of those whose ticket staff have changed, while nothing has in their sessions.
  const elsewhere = changes.map(({ ticket }) => ticket).filter((ticket) => !here.has(streamOf(ticket)));
  const linksHere = linksIn(batch.related);
  const linksElsewhere = elsewhere.length > 0 ? linksIn(await relatedTo(tables, batch, elsewhere)) : linksHere;
  const states = await batch.statesOf(changes.map(({ ticket }) => streamOf(ticket)));
  return changes.map(({ position, recordedAt, change, ticket }) => {
    const stream = streamOf(ticket);
    const links = (here.has(stream) ? linksHere : linksElsewhere)(states.get(stream) as WholeCall);
    const then = links.filter((link) => !isBefore(position, link.position));
    return rowOf({ ...ticket, position, change, sessionId: sessionAt(ticket.callId, then), changedAt: recordedAt });
  });
}

async function relatedTo(tables: Tables, batch: ChangedCalls, calls: readonly CallKey[]): Promise<RelatedSessions> {
  const links = await linksOfCalls(tables, calls);
  const sessions = links.map((link) => ({ tenantId: link.tenant_id, sessionId: link.session_id }));
  const known = new Map(links.map((link) => [callStreamOf(link), link]));
  return relatedSessions(tables, batch, sessions, known);
}

/** Late facts change what was derived after them: all changes of these tickets are derived anew, from the log. */
async function replaceLate(tables: Tables, batch: ChangedCalls, late: Late<StreamState>): Promise<void> {
  const calls = [...batch.related.calls, ...callsOf(batch.facts)];
  if (calls.length === 0) return;
  const changes = changesOfTickets(await late.courseOf(calls.flatMap(streamsOf)), () => undefined);
  await tables.delete(rows, ['tenant_id', 'call_id'], calls.map(callKey));
  await tables.insert(rows, await rowsOf(tables, batch, changes));
}
