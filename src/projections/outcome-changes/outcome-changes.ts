import type { Place } from '../calls/position.ts';
import type { View } from '../calls/view.ts';
import { deleteBy, type Row, type Table, upsert } from '../engine/table.ts';
import type { OutcomeChangeRow } from '../tables.ts';
import { changesOf, type OutcomeChange } from '../views/outcome-changes.ts';
import { concerned } from './links.ts';
import type { CallOutcomes } from './reached.ts';

const columns: Readonly<Record<keyof OutcomeChangeRow, string>> = {
  position: 'bigint not null',
  tenant_id: 'text not null',
  call_id: 'text not null',
  session_id: 'text not null',
  appointment_id: 'text',
  outcome: 'text not null',
  changed_at: 'timestamptz not null',
};

/** One fact may change several calls: a request whose appointment becomes known late. */
const rows: Table = {
  name: 'outcome_changes',
  columns,
  key: ['position', 'call_id'],
  queryIndexes: ['(tenant_id, position, call_id)'],
  view: Object.keys(columns),
};

/** One row per change of a call's outcome (A10); that a call is pending at first is none. */
export const outcomeChanges: View = {
  tables: [rows],
  async save(trx, table, batch) {
    const all = concerned(batch.ever);
    if (batch.late) {
      const keys = all.map(({ call }) => ({ tenant_id: call.tenantId, call_id: call.callId }));
      await deleteBy(trx, table(rows), rows, ['tenant_id', 'call_id'], keys);
    }
    // What earlier facts have changed stands already, unless facts have come behind it that belong before it.
    const news = new Set(batch.facts.map(({ position }) => `${position}`));
    const isNew = ({ position }: Place) => batch.late || news.has(position);
    const changes = all.flatMap(({ call, links, namings }) =>
      [...call.reached, ...call.appointmentsNamed, ...links, ...namings].some(isNew)
        ? changesOf(call, links, namings)
            .filter(isNew)
            .map((change) => rowOf(call, change))
        : [],
    );
    await upsert(trx, table(rows), rows, changes);
  },
};

function rowOf(call: CallOutcomes, change: OutcomeChange): Row {
  const row: { readonly [K in keyof OutcomeChangeRow]: unknown } = {
    position: change.position,
    tenant_id: call.tenantId,
    call_id: call.callId,
    session_id: change.sessionId,
    appointment_id: change.appointmentId,
    outcome: change.outcome,
    changed_at: change.recordedAt,
  };
  return row;
}
