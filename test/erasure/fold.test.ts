import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { erasureEvents } from '../../src/erasure/erase-stream.ts';
import { decode, type Fact } from '../../src/events/codec.ts';
import { withoutErased } from '../../src/events/erased.ts';
import { wholeFacts } from '../../src/events/personal-text.ts';
import type { Recorded } from '../../src/events/recorded.ts';
import { decisionOf } from '../../src/model/appointment-decision.ts';
import { statusOf } from '../../src/model/call.ts';
import { withoutPerson } from '../../src/model/redaction.ts';
import { sessionStatus } from '../../src/model/session.ts';
import { reduceStream, type StreamState, type WholeCall } from '../../src/model/stream-state.ts';
import { ticketOf } from '../../src/model/ticket.ts';
import { recorded } from '../projections/controls.ts';
import { CANARY, NUMBER, OTHER, world } from './facts.ts';

const erasure = { id: 'ers_1', by: 'admin', reason: 'asked for', requestedAt: '2026-02-01T00:00:00.000Z' } as const;
const now = () => Date.parse(erasure.requestedAt);

const eventOf = ({ id, type, data, metadata, stream, revision, position, recordedAt }: Fact): Recorded => ({
  ...{ id, type, data, metadata, stream, revision, position, recordedAt },
});

/** The facts of a stream up to a cut, what erases them, and the later ones as the door records them. */
function erasedAt(facts: readonly Fact[], cut: number) {
  const before = facts.slice(0, cut);
  const last = before.at(-1)!;
  const [event] = erasureEvents(last.stream, [...wholeFacts(before)], last.revision + 1n, { erasure, now });
  const erased: Recorded = {
    ...event!,
    data: JSON.parse(JSON.stringify(event!.data)),
    ...{ stream: last.stream, revision: last.revision + 1n, position: last.position + 1n },
    recordedAt: erasure.requestedAt,
  };
  const late = facts.slice(cut).map((fact): Recorded => {
    const data = 'callId' in fact.data && fact.stream.startsWith('call-') ? withoutPerson(fact as never) : fact.data;
    return { ...eventOf(fact), data, revision: fact.revision + 1n };
  });
  return { originals: before.map(eventOf), erased, late };
}

const folded = (events: readonly Recorded[]): StreamState | undefined =>
  [...wholeFacts(events.map((event) => decode(event)!))].reduce<StreamState | undefined>(reduceStream, undefined);

const streams = world().chain((said) => {
  const byStream = [...Map.groupBy(recorded(...said), ({ stream }) => stream).values()];
  return fc
    .constantFrom(...byStream)
    .chain((facts) =>
      fc.tuple(
        fc.constant(facts.map((fact, i) => ({ ...fact, revision: BigInt(i), position: fact.position * 10n }))),
        fc.integer({ min: 1, max: facts.length }),
      ),
    );
});

describe('an erased stream', () => {
  test('comes to the same before and after the store has removed what was erased', () =>
    fc.assert(
      fc.property(streams, ([facts, cut]) => {
        const { originals, erased, late } = erasedAt(facts, cut);
        const kept = folded([...originals, erased, ...late]);
        expect(kept).toEqual(folded([erased, ...late]));
        // And as one who reads the stream by itself sees it, whether or not it is hidden yet.
        const read = withoutErased([...originals, erased, ...late]);
        expect(read).toEqual(withoutErased([erased, ...late]));
        expect(folded(read)).toEqual(kept);
        expect(read.every((event) => event.erasure?.id === erasure.id)).toBe(true);
      }),
      { numRuns: 100 },
    ));

  test('holds nobody', () =>
    fc.assert(
      fc.property(streams, ([facts, cut]) => {
        const { erased, late } = erasedAt(facts, facts[0]!.stream.startsWith('call-') ? cut : facts.length);
        const text = JSON.stringify([erased, late, folded([erased, ...late])], (_, value) =>
          typeof value === 'bigint' ? `${value}` : value,
        );
        for (const canary of [CANARY, NUMBER, OTHER, '030 123456', 'diabetic', 'vegan', 'is_vip'])
          expect(text).not.toContain(canary);
      }),
      { numRuns: 100 },
    ));

  test('keeps its outcome, its ticket and what it decided', () => {
    const calls = streams.filter(([facts]) => facts[0]!.stream.startsWith('call-'));
    fc.assert(
      fc.property(calls, ([facts, cut]) => {
        const { erased, late } = erasedAt(facts, cut);
        const [whole, left] = [folded(facts.map(eventOf)), folded([erased, ...late])] as WholeCall[];
        expect(left!.reached).toEqual(whole!.reached);
        if (!whole!.first) return;
        for (const concerns of [true, false]) expect(statusOf(left!, concerns)).toEqual(statusOf(whole!, concerns));
        expect(sessionStatus({ tenantId: 'acme', id: 'x', calls: [left!] })).toEqual(
          sessionStatus({ tenantId: 'acme', id: 'x', calls: [whole!] }),
        );
        const { customerId: _, erased: __, mail: ___, mailReason: ____, ...ticket } = ticketOf({ call: whole! }) ?? {};
        if (whole!.opened) expect(ticketOf({ call: left! })).toMatchObject(ticket);
        expect(wordless(decisionOf(left!))).toEqual(wordless(decisionOf(whole!)));
        expect(left!.sessionsNamed).toEqual(whole!.sessionsNamed);
        expect(left!.appointmentsNamed).toEqual(whole!.appointmentsNamed);
        expect(left!.lastEventAt).toBe(whole!.lastEventAt);
      }),
      { numRuns: 200 },
    );
  });
});

const wordless = (decision: ReturnType<typeof decisionOf>) => {
  if (!decision) return undefined;
  const { newTime, cancellationReason: _, ...rest } = decision;
  return { ...rest, startsAt: newTime?.startsAt };
};
