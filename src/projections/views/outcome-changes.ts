import { sessionStream } from '../../events/streams.ts';
import type { CallOutcomes } from '../../model/call.ts';
import type { NamedAppointment } from '../../model/entries.ts';
import { earlier, isBefore, type Place, type Position } from '../../model/entries.ts';
import { latest } from '../../model/latest.ts';
import type { Outcome } from '../../model/outcome.ts';
import type { WholeCall } from '../../model/stream-state.ts';
import { type Link, linksIn, sessionAt } from '../calls/links.ts';
import type { RelatedSession, RelatedSessions } from '../calls/related-sessions.ts';
import { callKey } from '../calls/session-calls.ts';
import type { Row, Table } from '../engine/table.ts';
import { columns, rowMaker } from '../tables.ts';
import type { View } from './view.ts';

/** That a session came to concern an appointment. */
export type Naming = Place & {
  readonly sessionId: string;
  readonly appointmentId: string;
  /** When it was said; of several the latest counts. */
  readonly namedAt: number;
};

/** A change of a call's outcome, or the appointment that it turns out to be about, by the fact at this position (A10). */
type OutcomeChange = Place & {
  readonly outcome: Outcome;
  readonly statusReason: string;
  readonly sessionId: string;
  readonly appointmentId?: string | undefined;
};

/**
 * The changes of a call's outcome, also when it turns out to concern an appointment. Later facts only add changes: the
 * result is the same for every cut into batches, and no outcome falls.
 */
export function changesOf(call: CallOutcomes, links: readonly Link[], namings: readonly Naming[]): OutcomeChange[] {
  const theirs = links.flatMap((link) =>
    namings
      .filter(({ sessionId }) => sessionId === link.sessionId)
      .map((naming) => ({ ...naming, ...later(naming, link) })),
  );
  const own = call.appointmentsNamed.map((named) => ({
    ...placeOf(named),
    appointmentId: named.id,
    namedAt: named.occurredAt,
  }));
  const moments = new Map([...call.reached, ...own, ...theirs].map((one) => [one.position, placeOf(one)]));
  const changes: OutcomeChange[] = [];
  let before: Pick<OutcomeChange, 'outcome' | 'appointmentId'> = { outcome: 'pending' };
  for (const [position, place] of [...moments].sort(([a], [b]) => (isBefore(a, b) ? -1 : 1))) {
    const by = <T extends { readonly position: Position }>(all: readonly T[]) =>
      all.filter((one) => !isBefore(position, one.position));
    const appointmentId = latestNamed(by(own)) ?? latestNamed(by(theirs));
    const { outcome: reached, reason } = by(call.reached).at(-1) ?? { outcome: 'pending', reason: 'in_progress' };
    // Undecided: a failure where there was something to decide (docs/rules.md, "Outcome of a call").
    const isUndecided = reached === 'answered' && appointmentId !== undefined;
    const outcome = isUndecided ? 'failed' : reached;
    const turnsOut = outcome !== 'pending' && before.appointmentId === undefined && appointmentId !== undefined;
    if (outcome === before.outcome && !turnsOut) continue;
    before = { outcome, appointmentId };
    const statusReason = isUndecided ? 'undecided' : reason;
    changes.push({ ...place, ...before, statusReason, sessionId: sessionAt(call.callId, by(links)) });
  }
  return changes;
}

/** The place in the log where both are recorded. */
const later = (a: Place, b: Place): Place => placeOf(isBefore(a.position, b.position) ? b : a);

const placeOf = ({ position, recordedAt, occurredAt }: Place): Place => ({ position, recordedAt, occurredAt });

const latestNamed = (named: readonly Omit<Naming, 'sessionId'>[]): string | undefined =>
  latest(...named.map(({ appointmentId, namedAt }) => ({ value: appointmentId, at: namedAt, by: appointmentId })))
    ?.value;

/** A call with every session that it has ever belonged to and every appointment that one of them has ever concerned. */
type CallWithSessions = {
  readonly call: WholeCall;
  readonly links: readonly Link[];
  readonly namings: readonly Naming[];
};

function callsWithSessions(related: RelatedSessions): readonly CallWithSessions[] {
  const linksOf = linksIn(related);
  const sessions = new Map([...related.sessions, ...related.others]);
  const namings = new Map([...sessions].map(([stream, ever]) => [stream, namingsIn(ever, linksOf)]));
  return related.calls.map((call) => {
    const links = linksOf(call);
    const streams = new Set(links.map(({ sessionId }) => sessionStream(call.tenantId, sessionId)));
    return { call, links, namings: [...streams].flatMap((stream) => namings.get(stream) ?? []) };
  });
}

/** The appointments that a session has ever concerned, each as of the first fact that names it there. */
function namingsIn(
  { sessionId, request, calls }: RelatedSession,
  linksOf: (call: WholeCall) => readonly Link[],
): Naming[] {
  const first = new Map<string, Naming>();
  const name = (named: NamedAppointment, since: Place) => {
    const naming = { sessionId, appointmentId: named.id, namedAt: named.occurredAt, ...later(named, since) };
    first.set(named.id, earlier(first.get(named.id), naming));
  };
  for (const named of request?.appointmentsNamed ?? []) name(named, named);
  for (const call of calls)
    for (const link of call.appointmentsNamed.length > 0 ? linksOf(call) : [])
      if (link.sessionId === sessionId) for (const named of call.appointmentsNamed) name(named, link);
  return [...first.values()];
}

/** One fact may change several calls: a request whose appointment becomes known late. */
const rows: Table = {
  name: 'outcome_changes',
  columns: columns.outcome_changes,
  key: ['position', 'call_id'],
  queryIndexes: ['(tenant_id, position, call_id)'],
  view: Object.keys(columns.outcome_changes),
};

/** One row per change of a call's outcome (A10); that a call is pending at first is none. */
export const outcomeChanges: View = {
  tables: [rows],
  async save(tables, batch) {
    const all = callsWithSessions(batch.related);
    // An erased call's come with its erasure, where the store has removed their facts.
    if (batch.late) {
      await tables.delete(
        rows,
        ['tenant_id', 'call_id'],
        all.map(({ call }) => callKey(call)),
      );
    }
    // The changes by earlier facts have their rows already, unless late facts belong before those.
    const positions = new Set(batch.facts.map(({ position }) => `${position}`));
    const isNew = ({ position }: Place) => batch.late || positions.has(position);
    const changes = all.flatMap(({ call, links, namings }) =>
      [...call.reached, ...call.appointmentsNamed, ...links, ...namings].some(isNew)
        ? changesOf(call, links, namings)
            .filter(isNew)
            .map((change) => changeOf(call, change))
        : [],
    );
    await tables.upsert(rows, changes);
  },
};

const rowOf = rowMaker('outcome_changes');

const changeOf = ({ tenantId, callId }: CallOutcomes, change: OutcomeChange): Row =>
  rowOf({ ...change, tenantId, callId, changedAt: change.recordedAt, occurredAt: new Date(change.occurredAt) });
