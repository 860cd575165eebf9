import { sessionStream } from '../../events/streams.ts';
import { isBefore, type Place } from '../../model/entries.ts';
import { ownSessionId } from '../../model/session.ts';
import type { WholeCall } from '../../model/stream-state.ts';
import type { RelatedSessions } from './related-sessions.ts';

/** That a call came to belong to a session, and how the log came to say so. */
export type Link = Place & { readonly sessionId: string; readonly way: Way };

/** The strongest first: what a call says of itself goes before what we placed, and that before a guess (A6). */
type Way = 'named' | 'placed' | 'linked';

/** How each call came to belong to sessions, by what is related. */
export function linksIn({ placedBy, ...ever }: RelatedSessions): (call: WholeCall) => Link[] {
  const sessions = new Map([...ever.sessions, ...ever.others]);
  return (call) => {
    const placer = placedBy(call);
    const placed = placer && sessions.get(sessionStream(call.tenantId, placer))?.request?.placed[call.callId];
    return [
      ...call.sessionsNamed.map(({ id, ...place }): Link => ({ ...place, sessionId: id, way: 'named' })),
      ...(placer && placed ? [{ ...placed, sessionId: placer, way: 'placed' } as const] : []),
      ...(call.linked ? [{ ...call.linked, sessionId: call.linked.id, way: 'linked' } as const] : []),
    ];
  };
}

/** The last session that the call named, else the first that placed it, else the one that it was linked to. */
export function sessionAt(callId: string, links: readonly Link[]): string {
  const inOrder = (way: Way) =>
    links.filter((link) => link.way === way).sort((a, b) => (isBefore(a.position, b.position) ? -1 : 1));
  const link = inOrder('named').at(-1) ?? inOrder('placed')[0] ?? inOrder('linked')[0];
  return link?.sessionId ?? ownSessionId(callId);
}
