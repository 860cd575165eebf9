import type { Fact } from '../../events/codec.ts';
import { occurrenceOf } from '../../events/metadata.ts';
import { parseStream } from '../../events/streams.ts';
import { correlation } from '../../model/call.ts';
import type { CallFact } from '../../model/call-fact.ts';
import type { View } from '../calls/view.ts';
import { insert, type Row, type Table } from '../engine/table.ts';
import type { DeliveryRow } from '../tables.ts';

const columns: Readonly<Record<keyof DeliveryRow, string>> = {
  tenant_id: 'text not null',
  call_id: 'text not null',
  id: 'text not null',
  event: 'text not null',
  payload_digest: 'text',
  source: 'text not null',
  endpoint: 'text',
  started_at: 'timestamptz',
  occurred_at: 'timestamptz not null',
  received_at: 'timestamptz not null',
  recorded_at: 'timestamptz not null',
  position: 'bigint not null',
  revision: 'integer not null',
};

const rows: Table = {
  name: 'deliveries',
  columns,
  key: ['position'],
  // By call for the query API; by time for the reconciliation, which asks whether webhooks come at all, and for the
  // coverage, which counts a call on the day of its start.
  queryIndexes: ['(tenant_id, call_id)', '(tenant_id, received_at)', '(tenant_id, coalesce(started_at, received_at))'],
  view: Object.keys(columns),
};

/** A15 `retell_events`: one row per fact of a call. */
export const deliveries: View = {
  tables: [rows],
  async save(trx, table, { facts }) {
    const ofCalls = facts.filter(({ stream }) => parseStream(stream)?.category === 'call');
    await insert(trx, table(rows), rows, ofCalls.map(rowOf));
  },
};

function rowOf(fact: Fact): Row {
  const { metadata, data } = fact;
  const row: { readonly [K in keyof DeliveryRow]: unknown } = {
    tenant_id: metadata.tenantId,
    call_id: parseStream(fact.stream)?.id,
    id: fact.id,
    event: fact.type,
    payload_digest: metadata.evidence?.sha256 ?? ('payloadDigest' in data ? data.payloadDigest : undefined),
    source: metadata.source,
    endpoint: metadata.endpoint,
    started_at: 'callId' in data ? correlation(fact as CallFact).startedAt : undefined,
    occurred_at: occurrenceOf(metadata),
    received_at: metadata.receivedAt,
    recorded_at: fact.recordedAt,
    position: `${fact.position}`,
    revision: Number(fact.revision),
  };
  return row;
}
