import { randomInt } from 'node:crypto';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { started, TENANT } from './controls.ts';
import { startScene } from './operations-scene.ts';
import { spoken } from './parking.ts';

// An index of Postgres holds no more than 2,704 bytes of a row. Those for readers are made when all rows are there.

const scene = await startScene();
beforeEach(() => scene.clear());
afterAll(() => scene.stop());

/** No two the same, or Postgres would compress it. */
const noise = Array.from({ length: 9000 }, () => String.fromCharCode(randomInt(0x4e00, 0x9fa5))).join('');

const indexed = (version: number): Projection => {
  const projection = spoken({ tenantId: TENANT, mended: true }, version) as Projection;
  return { ...projection, tables: projection.tables.map((table) => ({ ...table, queryIndexes: ['(agents)'] })) };
};

test('a row that does not fit a readers index parks its stream alone, in the first generation and in the next', async () => {
  await scene.say(started({ agentName: 'a' }, {}, 'call_well'));
  await scene.say(started({ agentName: noise }, {}, 'call_sick'));
  const position = await scene.say(started({ agentName: 'b' }, {}, 'call_later'));
  for (const version of [1, 2]) {
    const one = await scene.start(indexed(version));
    expect(await one.waitUntilCaughtUp(position, 30_000)).toBe(true);
    await vi.waitFor(() => expect(one.status()).toMatchObject([{ version, parked: 1, caughtUp: true }]), 30_000);
    const { rows } = await scene.pool.query('select agents from spoken order by agents');
    expect(rows).toEqual([{ agents: 'a' }, { agents: 'b' }]);
    expect(await scene.parked()).toMatchObject([{ stream: `call-${TENANT}.call_sick`, error: 'Postgres 54000' }]);
    const { rows: made } = await scene.pool.query(
      `select indexname from pg_indexes where indexname = 'spoken_${version}_spoken_query_0'`,
    );
    expect(made).toHaveLength(1);
    await one.stop();
  }
});
