import type { Fact } from '../../events/codec.ts';
import { keptFacts } from '../../events/erased.ts';
import { occurrenceOf } from '../../events/metadata.ts';
import { parseStream } from '../../events/streams.ts';
import { correlation } from '../../model/call.ts';
import type { CallFact } from '../../model/call-fact.ts';
import type { Row, Table } from '../engine/table.ts';
import { columns, rowMaker } from '../tables.ts';
import type { View } from './view.ts';

const rows: Table = {
  name: 'deliveries',
  columns: columns.deliveries,
  key: ['position'],
  // By call for the query API; by time for the reconciliation, which asks whether webhooks come at all, and for the
  // coverage, which counts a call on the day of its start.
  queryIndexes: ['(tenant_id, call_id)', '(tenant_id, received_at)', '(tenant_id, coalesce(started_at, received_at))'],
  view: Object.keys(columns.deliveries),
};

/** A15 `retell_events`: one row per fact of a call. */
export const deliveries: View = {
  tables: [rows],
  async save(tables, { facts }) {
    const ofCalls = facts.filter(({ stream }) => parseStream(stream)?.category === 'call');
    await tables.insert(rows, ofCalls.map(deliveryOf));
    // Where the store has removed what was erased, these come with the erasure alone.
    await tables.upsert(rows, ofCalls.flatMap(keptFacts).map(deliveryOf));
  },
};

const rowOf = rowMaker('deliveries');

function deliveryOf(fact: Fact): Row {
  const { metadata, data } = fact;
  return rowOf({
    tenantId: metadata.tenantId,
    callId: parseStream(fact.stream)?.id,
    id: fact.id,
    event: fact.type,
    payloadDigest: metadata.evidence?.sha256 ?? ('payloadDigest' in data ? data.payloadDigest : undefined),
    source: metadata.source,
    endpoint: metadata.endpoint,
    startedAt: 'callId' in data ? correlation(fact as CallFact).startedAt : undefined,
    occurredAt: occurrenceOf(metadata),
    receivedAt: metadata.receivedAt,
    recordedAt: fact.recordedAt,
    position: `${fact.position}`,
    revision: Number(fact.revision),
  });
}
