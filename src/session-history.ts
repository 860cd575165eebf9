import type { TenantDirectory } from './commands/tenants/tenant.ts';
import { type EvidenceVerdict, evidenceVerdicts } from './commands/webhooks/evidence.ts';
import { decode, type Fact } from './events/codec.ts';
import type { EventLog } from './events/event-log.ts';
import { callStream, parseStream, sessionStream } from './events/streams.ts';
import { historyOf } from './projections/call-sessions/history.ts';
import type { ReadHistory } from './read-api/call-sessions/history.ts';

/** The history of a session straight from the log: what each fact changed, and whether its evidence still verifies. */
export const sessionHistory =
  (log: EventLog, tenants: TenantDirectory): ReadHistory =>
  async ({ tenantId, sessionId, callIds, matched }) => {
    const streams = [sessionStream(tenantId, sessionId), ...callIds.map((id) => callStream(tenantId, id))];
    const recorded = (await Promise.all(streams.map((stream) => log.read(stream)))).flat();
    const facts = recorded
      .map(decode)
      .filter((fact) => fact !== undefined)
      .sort((a, b) => (a.position < b.position ? -1 : 1));
    const verdicts = await verdictsByPosition(log, tenants, tenantId, facts);
    return historyOf(tenantId, sessionId, facts, matched).map((item) => ({
      ...item,
      changes: [...item.changes],
      evidence: verdicts.get(item.position) ?? 'none',
    }));
  };

async function verdictsByPosition(log: EventLog, tenants: TenantDirectory, tenantId: string, facts: readonly Fact[]) {
  const tenant = tenants.get(tenantId);
  if (tenant === undefined) return new Map<string, EvidenceVerdict>();
  const signed = facts.filter((fact) => parseStream(fact.stream)?.category === 'call');
  const byCall = Map.groupBy(signed, (fact) => parseStream(fact.stream)!.id);
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
