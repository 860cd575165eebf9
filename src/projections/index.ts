import { prefixes, reduceStream, type StreamState } from '../model/stream-state.ts';
import { updateMembership } from './calls/membership.ts';
import { relatedSessions } from './calls/related-sessions.ts';
import type { Projection } from './engine/projection.ts';
import { quarantine } from './quarantine.ts';
import { appointmentChanges } from './views/appointment-changes.ts';
import { appointments } from './views/appointments.ts';
import { callSessions } from './views/call-sessions.ts';
import { customers } from './views/customers.ts';
import { deliveries } from './views/deliveries.ts';
import { outcomeChanges } from './views/outcome-changes.ts';
import { ticketChanges } from './views/ticket-changes.ts';
import { tickets } from './views/tickets.ts';
import type { View } from './views/view.ts';

/** All views of calls; a new one is a value of this type and a line here. */
const views: readonly View[] = [
  callSessions,
  appointments,
  tickets,
  customers,
  outcomeChanges,
  appointmentChanges,
  ticketChanges,
  deliveries,
];

/**
 * One fold for all views, written in one transaction under one checkpoint, so they never disagree
 * (docs/decisions/0014-one-fold-many-views.md).
 */
export const calls: Projection<StreamState> = {
  name: 'calls',
  version: 6,
  replaces: ['call_sessions', 'appointments', 'tickets', 'customers', 'outcome_changes', 'deliveries'],
  prefixes,
  tables: views.flatMap(({ tables }) => tables),
  reduce: reduceStream,
  async save(tables, batch) {
    const membership = await updateMembership(tables, batch);
    const related = await relatedSessions(tables, batch, membership.affected, membership.links);
    for (const view of views) await view.save(tables, { ...batch, membership, related });
  },
  async streamsBehind(tables, of, row) {
    const view = views.find(({ tables }) => tables.includes(of));
    return (await view?.streamsBehind?.(tables, of, row)) ?? [];
  },
};

/** The read model: everything about calls, and the deliveries that could not be understood. */
export const projections: readonly Projection[] = [calls, quarantine];
