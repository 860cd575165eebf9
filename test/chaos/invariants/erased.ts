import { callStream } from '../../../src/events/streams.ts';
import { projections } from '../../../src/projections/index.ts';
import { GONE_MARK } from '../erasures.ts';
import { tenants } from '../tenants.ts';
import type { Invariant } from './finding.ts';

/** In the log, in every table's view, and in what is answered; that there was a call, and how it ended, stays. */
export const erasedStaysAway: Invariant = {
  name: 'nothing of an erased person comes back',
  async check({ world, erasures }) {
    const wrong: string[] = [];
    const { id: tenantId } = tenants[0]!;
    const gone = new Set(erasures.asked.map(({ callId }) => callId));
    const client = await world.client('serve');
    for (const callId of gone) {
      const events = await world.log.read(callStream(tenantId, callId));
      if (JSON.stringify(events.map(({ data }) => data)).includes(GONE_MARK)) wrong.push(`the log: ${callId}`);
      const path = `/api/call-sessions/call:${callId}`;
      const { body } = await client.request('GET', path, world.apiKeys.get(tenantId)!);
      if (body.erased !== true || body.status !== 'busy' || JSON.stringify(body).includes(GONE_MARK))
        wrong.push(`answered: ${JSON.stringify(body)}`);
    }
    for (const view of projections.flatMap(({ tables }) => tables.flatMap(({ name, view }) => (view ? [name] : [])))) {
      const { rows } = await world.pool.query<{ row: string }>(
        `select row from (select to_jsonb(t)::text as row from ${view} t) rows where row like '%' || $1 || '%'`,
        [GONE_MARK],
      );
      // Of one whose erasure nobody took it is there.
      for (const { row } of rows) if ([...gone].some((callId) => row.includes(`"${callId}"`))) wrong.push(row);
    }
    return { looked: gone.size, at: 'erased calls', wrong };
  },
};
