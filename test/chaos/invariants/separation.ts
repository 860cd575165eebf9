import { parseStream } from '../../../src/events/streams.ts';
import { projections } from '../../../src/projections/index.ts';
import { isForeignTo, tenants, unspeakable } from '../tenants.ts';
import type { Invariant } from './finding.ts';

/** Invariant 5: in the log, in every view, and in what a tenant's key is answered. */
export const tenantsAreApart: Invariant = {
  name: "no tenant's data under another",
  async check({ world, ledger }) {
    const wrong: string[] = [];
    let looked = ledger.recorded.length;
    for (const { stream, position, data, metadata } of ledger.recorded) {
      if (data instanceof Uint8Array) continue;
      const { tenantId } = parseStream(stream)!;
      if (tenantId !== (metadata as { tenantId?: string }).tenantId || isForeignTo(tenantId, JSON.stringify(data)))
        wrong.push(`the log at ${position}: ${stream}`);
    }
    const views = projections.flatMap(({ tables }) => tables.flatMap(({ name, view }) => (view ? [name] : [])));
    for (const view of views) {
      const { rows } = await world.pool.query<{ tenant_id: string; row: string }>(
        `select tenant_id, to_jsonb(t)::text as row from ${view} t`,
      );
      looked += rows.length;
      for (const { tenant_id, row } of rows) if (isForeignTo(tenant_id, row)) wrong.push(`${view}: ${row}`);
    }
    const client = await world.client('serve');
    for (const { id } of tenants) {
      for (const resource of ['call-sessions', 'appointments', 'tickets', 'customers']) {
        const { body } = await client.request('GET', `/api/${resource}?limit=200`, world.apiKeys.get(id)!);
        for (const item of body.items as { tenantId: string }[])
          if (item.tenantId !== id || isForeignTo(id, JSON.stringify(item)))
            wrong.push(`${id} was answered ${JSON.stringify(item)}`);
      }
    }
    return { looked, at: 'facts and rows', wrong };
  },
};

/** Invariant 6: the load knows every name, number and word of its people, and every key. */
export const logsTellNothing: Invariant = {
  name: 'no secret and no personal data in logs',
  check: async ({ lines }) => ({
    looked: lines.length,
    at: 'lines',
    wrong: lines
      .filter(({ line }) => unspeakable.some((pattern) => pattern.test(line)))
      .map(({ who, line }) => `${who}: ${line}`),
  }),
};

const broken = /unhandled|uncaught|TypeError|ReferenceError|RangeError|"level":"fatal"|assert(ion)? failed|PANIC:/i;

/** Nothing ends but what was killed, and nothing breaks that nobody has foreseen. */
export const nothingBreaks: Invariant = {
  name: 'no crash and no unhandled error',
  check: async ({ world, lines }) => ({
    looked: lines.length,
    at: 'lines',
    wrong: [
      ...world.incidents,
      ...lines.filter(({ line }) => broken.test(line)).map(({ who, line }) => `${who}: ${line}`),
    ],
  }),
};
