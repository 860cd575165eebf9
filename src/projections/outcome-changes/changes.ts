import type { Outcome } from '../../model/outcome.ts';
import { latest } from '../calls/latest.ts';
import { isBefore, type Position } from '../calls/position.ts';
import { ownSessionId } from '../calls/session.ts';
import type { CallOutcomes } from './reached.ts';

/** That a call came to belong to a session, and how the log came to say so. */
export type Link = { readonly sessionId: string; readonly way: Way; readonly position: Position };

/** The strongest first: what a call says of itself goes before what we placed, and that before a guess (A6). */
export const ways = ['named', 'placed', 'matched'] as const;
export type Way = (typeof ways)[number];

/** That a session came to concern an appointment. */
export type Naming = {
  readonly sessionId: string;
  readonly appointmentId: string;
  readonly position: Position;
  readonly occurredAt: number;
};

/** A change of a call's outcome, made by the fact at this position (A10). */
export type OutcomeChange = {
  readonly position: Position;
  readonly outcome: Outcome;
  readonly sessionId: string;
  readonly appointmentId?: string | undefined;
};

/**
 * The changes of a call's outcome, from what the log says of it and where. A later fact adds changes and never
 * takes one away or alters it: so it is the same however the log is cut into batches, and after a rebuild.
 * For that, a call that once concerned an appointment concerns one ever after; so no outcome ever falls.
 */
export function changesOf(call: CallOutcomes, links: readonly Link[], namings: readonly Naming[]): OutcomeChange[] {
  const theirs = links.flatMap((link) =>
    namings
      .filter(({ sessionId }) => sessionId === link.sessionId)
      .map((naming) => ({ ...naming, position: later(naming.position, link.position) })),
  );
  const own = call.appointmentsNamed.map(({ id, ...named }) => ({ ...named, appointmentId: id }));
  const moments = [...call.reached, ...own, ...theirs].map(({ position }) => position);
  const changes: OutcomeChange[] = [];
  let before: Outcome = 'pending';
  for (const position of [...new Set(moments)].sort((a, b) => (isBefore(a, b) ? -1 : 1))) {
    const by = <T extends { readonly position: Position }>(all: readonly T[]) =>
      all.filter((one) => !isBefore(position, one.position));
    const appointmentId = latestNamed(by(own)) ?? latestNamed(by(theirs));
    const reached = by(call.reached).at(-1)?.outcome ?? 'pending';
    // Undecided: a failure where there was something to decide (docs/rules.md, "Outcome of a call").
    const outcome = reached === 'answered' && appointmentId !== undefined ? 'failed' : reached;
    if (outcome === before) continue;
    changes.push({ position, outcome, sessionId: sessionAt(call.callId, by(links)), appointmentId });
    before = outcome;
  }
  return changes;
}

const later = (a: Position, b: Position): Position => (isBefore(a, b) ? b : a);

const latestNamed = (named: readonly Omit<Naming, 'sessionId'>[]): string | undefined =>
  latest(...named.map(({ appointmentId, occurredAt }) => ({ value: appointmentId, at: occurredAt, by: appointmentId })))
    ?.value;

/** The last session that the call named, else the first that placed it, else the one that it was matched with. */
function sessionAt(callId: string, links: readonly Link[]): string {
  const inOrder = (way: Way) =>
    links.filter((link) => link.way === way).sort((a, b) => (isBefore(a.position, b.position) ? -1 : 1));
  const link = inOrder('named').at(-1) ?? inOrder('placed')[0] ?? inOrder('matched')[0];
  return link?.sessionId ?? ownSessionId(callId);
}
