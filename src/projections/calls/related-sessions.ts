import { callStream, sessionStream } from '../../events/streams.ts';
import { type RequestState, sessionsEverOf } from '../../model/session.ts';
import type { StreamState, WholeCall } from '../../model/stream-state.ts';
import type { FoldedBatch } from '../engine/projection.ts';
import type { Tables } from '../engine/table.ts';
import {
  callStreamOf,
  formerCalls,
  type LinkRow,
  linksOfCalls,
  linksOfSessions,
  type SessionKey,
  sessionKey,
  sessionStreamOf,
} from './session-calls.ts';

/** A session with every call that has ever been in it. */
export type RelatedSession = SessionKey & {
  readonly request: RequestState | undefined;
  readonly calls: readonly WholeCall[];
};

/** The sessions and calls that a change may affect: past outcomes and appointments are never taken back. */
export type RelatedSessions = {
  /** By stream. */
  readonly sessions: ReadonlyMap<string, RelatedSession>;
  /** Every call that has ever been in one of the sessions. */
  readonly calls: readonly WholeCall[];
  /** By stream: the other sessions of these calls, past and present. */
  readonly others: ReadonlyMap<string, RelatedSession>;
  /** The current session of a call. */
  sessionOf(call: WholeCall): string | undefined;
  /** The first session that placed a call. */
  placedBy(call: WholeCall): string | undefined;
};

/** `known`: rows at hand, by call stream, which need not be read. */
export async function relatedSessions(
  tables: Tables,
  batch: Pick<FoldedBatch<StreamState>, 'statesOf'>,
  sessions: readonly SessionKey[],
  known: ReadonlyMap<string, LinkRow>,
): Promise<RelatedSessions> {
  const rows = new Map(known);
  const streamOf = ({ tenantId, callId }: WholeCall) => callStream(tenantId, callId);
  const rowOf = (call: WholeCall) => rows.get(streamOf(call));
  const placedBy = (call: WholeCall) => rowOf(call)?.placed_session_id ?? undefined;

  async function look(some: readonly SessionKey[], atHand: readonly WholeCall[]): Promise<Map<string, RelatedSession>> {
    type Former = Pick<LinkRow, 'tenant_id' | 'session_id' | 'call_id'>;
    const former = await tables.select<Former>(formerCalls, ['tenant_id', 'session_id'], some.map(sessionKey));
    const unknown = former.filter((row) => !rows.has(callStreamOf(row)));
    const calls = unknown.map((row) => ({ tenantId: row.tenant_id, callId: row.call_id }));
    for (const row of await linksOfCalls(tables, calls)) rows.set(callStreamOf(row), row);
    const members = [
      ...[...rows.values(), ...former].map((row) => ({ session: sessionStreamOf(row), call: callStreamOf(row) })),
      // A call that this batch has moved is not among the former calls yet.
      ...atHand.flatMap((call) =>
        sessionsEverOf(call, placedBy(call)).map((id) => ({
          session: sessionStream(call.tenantId, id),
          call: streamOf(call),
        })),
      ),
    ];
    const bySession = Map.groupBy(members, ({ session }) => session);
    const looked = some.map(({ tenantId, sessionId }) => {
      const stream = sessionStream(tenantId, sessionId);
      const calls = new Set((bySession.get(stream) ?? []).map(({ call }) => call));
      return { tenantId, sessionId, stream, calls: [...calls] };
    });
    const states = await batch.statesOf(looked.flatMap(({ stream, calls }) => [stream, ...calls]));
    return new Map(
      looked.map(({ tenantId, sessionId, stream, calls }) => [
        stream,
        {
          ...{ tenantId, sessionId },
          request: states.get(stream) as RequestState | undefined,
          calls: calls.map((call) => states.get(call) as WholeCall).filter((call) => call?.first),
        },
      ]),
    );
  }

  const states = await batch.statesOf([...known.keys()]);
  const atHand = [...known.keys()].map((stream) => states.get(stream) as WholeCall).filter((call) => call?.first);
  const found = await look(sessions, atHand);
  const all = [...found.values()].flatMap(({ calls }) => calls);
  const calls = [...new Map(all.map((call) => [streamOf(call), call])).values()];
  const besides = new Map<string, SessionKey>();
  for (const call of calls)
    for (const sessionId of sessionsEverOf(call, placedBy(call))) {
      const stream = sessionStream(call.tenantId, sessionId);
      if (!found.has(stream)) besides.set(stream, { tenantId: call.tenantId, sessionId });
    }
  if (besides.size > 0)
    for (const row of await linksOfSessions(tables, [...besides.values()])) rows.set(callStreamOf(row), row);
  const others = besides.size > 0 ? await look([...besides.values()], calls) : new Map<string, RelatedSession>();
  return { sessions: found, calls, others, sessionOf: (call) => rowOf(call)?.session_id, placedBy };
}
