import { type CallState, type Correlation, tookPlaceAt } from '../../model/call.ts';
import { latestTold, told } from '../../model/latest.ts';
import { stronger, type Verdict } from '../../model/outcome.ts';
import type { RequestState } from '../../model/session.ts';
import { statusOf } from './call-status.ts';

/** A call session: what its own stream says, and the calls that belong to it. At least one of the two is there. */
export type Session<Fields extends Correlation = Correlation> = {
  readonly tenantId: string;
  readonly id: string;
  readonly request?: RequestState | undefined;
  /** Those that a fact tells of, in any order. */
  readonly calls: readonly CallState<Fields>[];
};

/** The sessions that a call has named, was placed by or linked to, the strongest first: it may have been in each. */
export const sessionsEverOf = ({ sessionsNamed, linked }: CallState, placedBy: string | null | undefined): string[] => [
  ...new Set(
    [...sessionsNamed, ...(placedBy ? [{ id: placedBy }] : []), ...(linked ? [linked] : [])].map(({ id }) => id),
  ),
];

/** The session of a call that names none. */
export const ownSessionId = (callId: string): string => `call:${callId}`;

/** The earliest first; a call is where it is by when it took place, then by its id. */
export const inOrder = <C extends CallState>(calls: readonly C[]): readonly C[] =>
  calls.length < 2
    ? calls
    : calls.toSorted((a, b) => tookPlaceAt(a) - tookPlaceAt(b) || (a.callId < b.callId ? -1 : 1));

/** The appointment that a session is about: the latest that a request or a call of it names. */
export const appointmentOf = ({ request, calls }: Session): string | undefined =>
  latestTold<Correlation, 'appointmentId'>(
    [...(request ? [request.known] : []), ...calls.map(({ known }) => known)],
    'appointmentId',
  );

/** The appointment that a call is about: its own, else its session's. */
export const appointmentOfCall = (call: CallState, session: Session): string | undefined =>
  told(call.known, 'appointmentId') ?? appointmentOf(session);

/** When the first fact of a session was recorded. */
export const createdAtOf = ({ request, calls }: Session): string =>
  calls.reduce((first, call) => earlier(first, call.first!.recordedAt), request?.recordedAt)!;

const earlier = (a: string | undefined, b: string): string => (a !== undefined && a < b ? a : b);

/** The join of what happened to the request and to each call; of equal ones the later gives the reason. */
export function sessionStatus(session: Session): Verdict {
  const concerns = appointmentOf(session) !== undefined;
  const verdicts = inOrder(session.calls).map((call) => statusOf(call, concerns));
  if (session.request?.failed) verdicts.unshift({ status: 'failed', reason: session.request.failed.value });
  if (verdicts.length === 0) return { status: 'pending', reason: 'requested' };
  return verdicts.reduce((a, b) => (stronger(b.status, a.status) === b.status ? b : a));
}
