import type { TicketStatus } from '../../events/ticket-facts.ts';
import { isBefore, type Position } from '../calls/position.ts';
import type { NeedSince } from './need.ts';
import type { TicketEntry } from './ticket-log.ts';

/** Whose word a ticket stands on. */
export type Standing = {
  /** Absent: the rules'. */
  readonly staff?: TicketStatus;
  /** How often the rules have opened it; each is worth one mail (B8). */
  readonly openings: number;
};

type Moment = {
  readonly position: Position;
  readonly opens?: 'required' | 'transferred';
  readonly status?: TicketStatus;
};

/**
 * What staff say stands until the need *rises* to required or transferred later in the log (B15): a fact that shows
 * again what was shown before, or less, changes nothing. The first rise opens the ticket, and so does each that
 * takes the word from staff; a second cause for the same opening is none.
 */
export function standingOf(since: NeedSince, entries: readonly TicketEntry[]): Standing {
  const moments: Moment[] = entries.flatMap(({ type, data, position }) =>
    type === 'TicketStatusSet' ? [{ position, status: data.status }] : [],
  );
  for (const opens of ['required', 'transferred'] as const) {
    const position = since[opens];
    if (position !== undefined) moments.push({ position, opens });
  }
  moments.sort((a, b) => (isBefore(a.position, b.position) ? -1 : isBefore(b.position, a.position) ? 1 : 0));

  let staff: TicketStatus | undefined;
  let openings = 0;
  let transferred = false;
  for (const { status, opens } of moments) {
    if (status !== undefined) staff = status;
    if (opens === undefined || transferred) continue; // nothing is above transferred
    transferred = opens === 'transferred';
    if (openings === 0 || staff !== undefined) openings += 1;
    staff = undefined;
  }
  return { openings, ...(staff === undefined ? {} : { staff }) };
}
