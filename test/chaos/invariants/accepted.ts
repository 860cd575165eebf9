import type { Recorded } from '../../../src/events/recorded.ts';
import { entryOf, isAsked } from '../ledger.ts';
import type { Invariant } from './finding.ts';

const placeOf = ({ stream, revision, type, position }: Recorded): string =>
  `${type} ${stream}@${revision} at ${position}`;

/** Invariant 1. */
export const acceptedIsInTheLog: Invariant = {
  name: 'accepted (2xx) ⊆ log, each fact once',
  async check({ load, ledger }) {
    const counts = new Map<string, number>();
    for (const recorded of ledger.recorded.filter(isAsked))
      counts.set(entryOf(recorded), (counts.get(entryOf(recorded)) ?? 0) + 1);
    // Within a stream: bytes that make no sense have the same id at every tenant that they were sent to.
    const byId = Map.groupBy(ledger.recorded, ({ stream, id }) => `${stream} ${id}`);
    return {
      looked: load.accepted.size,
      at: 'accepted',
      wrong: [
        ...[...load.accepted].filter((entry) => !counts.has(entry)).map((entry) => `lost: ${entry}`),
        ...[...counts].filter(([, count]) => count > 1).map(([entry, count]) => `${count} times: ${entry}`),
        ...[...counts.keys()].filter((entry) => !load.posted.has(entry)).map((entry) => `nobody said: ${entry}`),
        ...[...byId.values()]
          .filter((same) => same.length > 1)
          .map((same) => `one id: ${same.map(placeOf).join(', ')}`),
      ],
    };
  },
};

/** Invariant 7: not authentic, too large and too many unverified are none of what the load sends. */
export const nothingIsRefused: Invariant = {
  name: 'a webhook is answered 204, or 503 when the store does not answer',
  async check({ load }) {
    const answers = Object.entries(load.answers);
    return {
      looked: answers.reduce((sum, [, count]) => sum + count, 0),
      at: 'answers',
      // 404: staff asked for a ticket whose call was not accepted. 200: staff's. 0: nobody answered.
      wrong: answers
        .filter(([status]) => !['0', '200', '204', '404', '503'].includes(status))
        .map(([status, count]) => `${count} times ${status}`),
    };
  },
};
