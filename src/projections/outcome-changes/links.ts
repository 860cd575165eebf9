import { sessionStream } from '../../events/streams.ts';
import type { NamedAppointment } from '../../model/named.ts';
import type { WholeCall } from '../../model/stream-state.ts';
import type { Ever, EverIn } from '../calls/ever.ts';
import { earlier, type Place } from '../calls/position.ts';
import { type Link, later, type Naming } from '../views/outcome-changes.ts';

/** A call with every session that it has ever belonged to and every appointment that one of them has ever concerned. */
export type Concerned = {
  readonly call: WholeCall;
  readonly links: readonly Link[];
  readonly namings: readonly Naming[];
};

export function concerned({ calls, placedBy, ...ever }: Ever): readonly Concerned[] {
  const sessions = new Map([...ever.sessions, ...ever.others]);
  const linksOf = (call: WholeCall): Link[] => {
    const placer = placedBy(call);
    const placed = placer && sessions.get(sessionStream(call.tenantId, placer))?.request?.placed[call.callId];
    return [
      ...call.sessionsNamed.map(({ id, ...place }): Link => ({ ...place, sessionId: id, way: 'named' })),
      ...(placer && placed ? [{ ...placed, sessionId: placer, way: 'placed' } as const] : []),
      ...[call.linked].flatMap((link) => (link ? [{ ...link, sessionId: link.id, way: 'linked' } as const] : [])),
    ];
  };
  const namings = new Map([...sessions].map(([stream, ever]) => [stream, namingsIn(ever, linksOf)]));
  return calls.map((call) => {
    const links = linksOf(call);
    const streams = new Set(links.map(({ sessionId }) => sessionStream(call.tenantId, sessionId)));
    return { call, links, namings: [...streams].flatMap((stream) => namings.get(stream) ?? []) };
  });
}

/** The appointments that a session has ever concerned, each as old as the first fact that told of it there. */
function namingsIn({ sessionId, request, calls }: EverIn, linksOf: (call: WholeCall) => readonly Link[]): Naming[] {
  const first = new Map<string, Naming>();
  const name = (named: NamedAppointment, since: Place) => {
    const naming = { sessionId, appointmentId: named.id, occurredAt: named.occurredAt, ...later(named, since) };
    first.set(named.id, earlier(first.get(named.id), naming));
  };
  for (const named of request?.appointmentsNamed ?? []) name(named, named);
  for (const call of calls)
    for (const link of call.appointmentsNamed.length > 0 ? linksOf(call) : [])
      if (link.sessionId === sessionId) for (const named of call.appointmentsNamed) name(named, link);
  return [...first.values()];
}
