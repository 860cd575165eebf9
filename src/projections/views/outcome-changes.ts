import { latest } from '../../model/latest.ts';
import type { Outcome } from '../../model/outcome.ts';
import { isBefore, type Place, type Position } from '../calls/position.ts';
import { ownSessionId } from '../calls/session.ts';
import type { CallOutcomes } from '../outcome-changes/reached.ts';

/** That a call came to belong to a session, and how the log came to say so. */
export type Link = Place & { readonly sessionId: string; readonly way: Way };

/** The strongest first: what a call says of itself goes before what we placed, and that before a guess (A6). */
type Way = 'named' | 'placed' | 'linked';

/** That a session came to concern an appointment. */
export type Naming = Place & {
  readonly sessionId: string;
  readonly appointmentId: string;
  readonly occurredAt: number;
};

/** A change of a call's outcome, or the appointment that it turns out to be about, by the fact at this position (A10). */
export type OutcomeChange = Place & {
  readonly outcome: Outcome;
  readonly sessionId: string;
  readonly appointmentId?: string | undefined;
};

/**
 * The changes of a call's outcome, from what the log says of it and where; that an outcome turns out to be about an
 * appointment is one too, for who waits for news of that appointment. A later fact adds changes and never
 * takes one away or alters it: so it is the same however the log is cut into batches, and after a rebuild.
 * For that, a call that once concerned an appointment concerns one ever after; so no outcome ever falls.
 */
export function changesOf(call: CallOutcomes, links: readonly Link[], namings: readonly Naming[]): OutcomeChange[] {
  const theirs = links.flatMap((link) =>
    namings
      .filter(({ sessionId }) => sessionId === link.sessionId)
      .map((naming) => ({ ...naming, ...later(naming, link) })),
  );
  const own = call.appointmentsNamed.map(({ id, ...named }) => ({ ...named, appointmentId: id }));
  const moments = new Map([...call.reached, ...own, ...theirs].map((one) => [one.position, one.recordedAt]));
  const changes: OutcomeChange[] = [];
  let before: Pick<OutcomeChange, 'outcome' | 'appointmentId'> = { outcome: 'pending' };
  for (const [position, recordedAt] of [...moments].sort(([a], [b]) => (isBefore(a, b) ? -1 : 1))) {
    const by = <T extends { readonly position: Position }>(all: readonly T[]) =>
      all.filter((one) => !isBefore(position, one.position));
    const appointmentId = latestNamed(by(own)) ?? latestNamed(by(theirs));
    const reached = by(call.reached).at(-1)?.outcome ?? 'pending';
    // Undecided: a failure where there was something to decide (docs/rules.md, "Outcome of a call").
    const outcome = reached === 'answered' && appointmentId !== undefined ? 'failed' : reached;
    const turnsOut = outcome !== 'pending' && before.appointmentId === undefined && appointmentId !== undefined;
    if (outcome === before.outcome && !turnsOut) continue;
    before = { outcome, appointmentId };
    changes.push({ position, recordedAt, ...before, sessionId: sessionAt(call.callId, by(links)) });
  }
  return changes;
}

/** Where both have been told. */
export const later = (a: Place, b: Place): Place => {
  const { position, recordedAt } = isBefore(a.position, b.position) ? b : a;
  return { position, recordedAt };
};

const latestNamed = (named: readonly Omit<Naming, 'sessionId'>[]): string | undefined =>
  latest(...named.map(({ appointmentId, occurredAt }) => ({ value: appointmentId, at: occurredAt, by: appointmentId })))
    ?.value;

/** The last session that the call named, else the first that placed it, else the one that it was linked to. */
function sessionAt(callId: string, links: readonly Link[]): string {
  const inOrder = (way: Way) =>
    links.filter((link) => link.way === way).sort((a, b) => (isBefore(a.position, b.position) ? -1 : 1));
  const link = inOrder('named').at(-1) ?? inOrder('placed')[0] ?? inOrder('linked')[0];
  return link?.sessionId ?? ownSessionId(callId);
}
