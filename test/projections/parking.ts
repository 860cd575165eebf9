import type { Fact } from '../../src/events/codec.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import type { Table } from '../../src/projections/engine/table.ts';

const rows: Table = {
  name: 'spoken',
  columns: { stream: 'text not null', agents: 'text not null', facts: 'integer not null' },
  key: ['stream'],
  view: ['stream', 'agents', 'facts'],
};

/** The names of agents that break a projection, and where they do. */
export const BREAKS_THE_REDUCER = 'breaks the reducer';
export const BREAKS_THE_ROWS = 'breaks the rows';
export const REFUSED_BY_POSTGRES = 'refused by Postgres';

/** What the test's streams are called, and whether the code still breaks. */
export type Scene = { readonly tenantId: string; mended: boolean };
type Spoken = { readonly agents: readonly string[] };

const agentOf = (fact: Fact): string => ('agentName' in fact.data && fact.data.agentName) || '?';

/** Which agents each call has named, in order; breaks on some until it is mended. */
export const spoken = (scene: Scene, version = 1, name = 'spoken'): Projection<Spoken> => ({
  name,
  version,
  prefixes: [`call-${scene.tenantId}.`],
  tables: [{ ...rows, name }],
  reduce({ agents } = { agents: [] }, fact) {
    const agent = agentOf(fact);
    if (!scene.mended && agent === BREAKS_THE_REDUCER) throw new Error(`Jane Roe cannot be ${agent}`);
    return { agents: [...agents, agent] };
  },
  async save(tables, { changed }) {
    const made = [...changed].map(([stream, { after }]) => {
      if (!scene.mended && after.agents.includes(BREAKS_THE_ROWS)) throw new TypeError('Jane Roe has no row');
      const tooMany = !scene.mended && after.agents.includes(REFUSED_BY_POSTGRES);
      return { stream, agents: after.agents.join(' '), facts: tooMany ? 5_000_000_000 : after.agents.length };
    });
    await tables.upsert({ ...rows, name }, made);
  },
});
