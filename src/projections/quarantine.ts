import type { Fact } from '../events/codec.ts';
import { keptFacts } from '../events/erased.ts';
import { type ErasureEvent, isErasedType } from '../events/erasure-facts.ts';
import type { QuarantineEvent } from '../events/raw-delivery.ts';
import { prefixOf } from '../events/streams.ts';
import type { Projection } from './engine/projection.ts';
import type { Row, Table } from './engine/table.ts';
import { columns, type ReadModel } from './tables.ts';

const rows: Table = {
  name: 'quarantine',
  columns: columns.quarantine,
  key: ['id'],
  // Pages (read-api/keyset.ts): of all, of a tenant, of a reason among many of another, of the few released.
  queryIndexes: [
    '(created_at desc, id)',
    '(tenant_id, created_at desc, id)',
    '(reason, created_at desc, id)',
    '(created_at desc, id) where released_at is not null',
  ],
  view: Object.keys(columns.quarantine),
};

/** The row of one delivery, as far as its facts go. */
type Listed = { readonly [K in keyof ReadModel['quarantine']]?: unknown };

/** One row per delivery that was set aside. The bytes stay in the log: they are evidence, and personal. */
export const quarantine: Projection<Listed> = {
  name: 'quarantine',
  version: 4,
  prefixes: [prefixOf('quarantine')],
  tables: [rows],
  reduce: (state, fact) => reduceQuarantine(state, fact as Fact<QuarantineEvent>),
  async save(tables, { changed }) {
    const whole = [...changed.values()].map(({ after }) => after).filter(({ id }) => id !== undefined);
    await tables.upsert(rows, whole as Row[]);
  },
  streamsBehind: async (_, of, { id }) => (of === rows ? [`${prefixOf('quarantine')}${id}`] : []),
};

export function reduceQuarantine(before: Listed = {}, event: Fact<QuarantineEvent | ErasureEvent>): Listed {
  if (isErasedType(event.type)) {
    const left = keptFacts(event).map((fact) => fact as Fact<QuarantineEvent>);
    return { ...left.reduce(reduceQuarantine, {}), erased_at: event.recordedAt };
  }
  const { type, data, ...fact } = event as Fact<QuarantineEvent>;
  switch (type) {
    case 'DeliveryQuarantined': {
      if (before.id !== undefined) return before;
      return {
        ...before,
        tenant_id: fact.metadata.tenantId,
        id: fact.stream.slice(prefixOf('quarantine').length),
        endpoint: data.endpoint,
        reason: data.reason,
        received_at: data.receivedAt,
        size: data.size,
        created_at: fact.recordedAt,
      };
    }
    case 'DeliveryReleased': {
      if (before.released_at !== undefined) return before;
      return {
        ...before,
        released_at: fact.recordedAt,
        released_call_id: data.callId,
        released_fact_id: data.factId,
      };
    }
  }
}
