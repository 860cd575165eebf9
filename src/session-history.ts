import type { TenantDirectory } from './commands/tenants/tenant.ts';
import { decode, type Fact } from './events/codec.ts';
import { type EventLog, readLeft } from './events/event-log.ts';
import { FactMetadata } from './events/metadata.ts';
import type { Recorded } from './events/recorded.ts';
import { callStream, parseStream, sessionStream } from './events/streams.ts';
import { type EvidenceVerdict, evidenceVerdicts } from './evidence/evidence.ts';
import type { ReadHistory } from './read-api/history.ts';
import { historyOf, type Unread } from './time-travel/history.ts';

/**
 * The history of a session straight from the log: what each fact changed, and whether its evidence still verifies.
 * A fact that makes no sense hides no other: it is told as such.
 */
export const sessionHistory =
  (log: EventLog, tenants: TenantDirectory): ReadHistory =>
  async ({ tenantId, sessionId, callIds }) => {
    const streams = [sessionStream(tenantId, sessionId), ...callIds.map((id) => callStream(tenantId, id))];
    const recorded = (await Promise.all(streams.map((stream) => readLeft(log, stream)))).flat();
    recorded.sort((a, b) => (a.position < b.position ? -1 : 1));
    const facts = recorded.map(readOrNot).filter((fact) => fact !== undefined);
    const verdicts = await verdictsByPosition(log, tenants, tenantId, recorded);
    return historyOf(tenantId, sessionId, facts).map((item) => {
      // Of a fact that does not say how it came to be known, nobody can tell whether it was signed.
      const evidence = verdicts.get(item.position) ?? (item.source === undefined ? undefined : 'none');
      return { ...item, changes: [...item.changes], ...(evidence && { evidence }) };
    });
  };

/** Undefined: of a type that a newer version wrote. */
function readOrNot(recorded: Recorded): Fact | Unread | undefined {
  try {
    return decode(recorded);
  } catch (error) {
    return { recorded, error };
  }
}

async function verdictsByPosition(
  log: EventLog,
  tenants: TenantDirectory,
  tenantId: string,
  recorded: readonly Recorded[],
) {
  const tenant = tenants.get(tenantId);
  if (tenant === undefined) return new Map<string, EvidenceVerdict>();
  const signed = recorded.flatMap(({ stream, position, metadata }) => {
    const name = parseStream(stream);
    const { data } = FactMetadata.safeParse(metadata);
    return name?.category === 'call' && data ? [{ callId: name.id, position, metadata: data }] : [];
  });
  const byCall = Map.groupBy(signed, ({ callId }) => callId);
  const verdicts = [...byCall].map(async ([callId, ofCall]) => {
    const words = await evidenceVerdicts(
      log,
      tenant,
      callId,
      ofCall.map((fact) => fact.metadata),
    );
    return ofCall.map((fact, i) => [String(fact.position), words[i]!] as const);
  });
  return new Map<string, EvidenceVerdict>((await Promise.all(verdicts)).flat());
}
