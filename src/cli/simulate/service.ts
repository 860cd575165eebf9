import { setTimeout as sleep } from 'node:timers/promises';
import { ticketIdOf } from '../../events/ticket-facts.ts';
import type { SimulatedCall } from './traffic.ts';

export type Row = { call: string; story: string } & SimulatedCall['expected'] & { as_sent: string };

const NONE = '–';
const EVERY_MS = 200;

/** The service under simulation, as its users and its administrator see it. Throws where it answers otherwise than documented. */
export function serviceAt(url: string, { apiKey, adminKey }: { apiKey: string; adminKey: string | undefined }) {
  async function ask(method: string, path: string, key: string, body?: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (response.status === 404 && method === 'GET') return {};
    if (!response.ok)
      throw new Error(`${method} ${path} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
    return (await response.json()) as Record<string, unknown>;
  }

  async function outcomeOf({ callId, sessionId, appointmentId, story, expected }: SimulatedCall): Promise<Row> {
    const read = (resource: string, id: string) => ask('GET', `/api/${resource}/${encodeURIComponent(id)}`, apiKey);
    const session = await read('call-sessions', sessionId);
    const [appointment, ticket] = [
      await read('appointments', appointmentId),
      await read('tickets', ticketIdOf(callId)),
    ];
    const seen = {
      status: String(session.status ?? NONE),
      reason: String(session.statusReason ?? NONE),
      appointment: String(appointment.status ?? NONE),
      ticket: String(ticket.status ?? NONE),
    };
    const same = (Object.keys(seen) as (keyof typeof seen)[]).every((field) => seen[field] === expected[field]);
    return { call: callId, story, ...seen, as_sent: same ? 'yes' : `NO: ${JSON.stringify(expected)}` };
  }

  return {
    /** The read model follows within a moment: asks again until all is as sent, for so long at most. */
    async settled(calls: readonly SimulatedCall[], withinMs: number): Promise<readonly Row[]> {
      const patience = Date.now() + withinMs;
      for (;;) {
        const rows: Row[] = [];
        for (let from = 0; from < calls.length; from += 50)
          rows.push(...(await Promise.all(calls.slice(from, from + 50).map(outcomeOf))));
        if (rows.every((row) => row.as_sent === 'yes') || Date.now() > patience) return rows;
        await sleep(EVERY_MS);
      }
    },

    /** Has the service ask Retell for what never came; how many facts it recorded. */
    async reconcile(since: Date): Promise<number> {
      if (adminKey === undefined) throw new Error('there is no admin key to reconcile with (--admin-key)');
      type State = {
        run?: unknown;
        last?: { startedAt: string; tenants: { phase: string; cause?: string; recorded: number }[] };
      };
      const path = '/api/reconciliation';
      const begunAt = new Date().toISOString();
      for (let begun = false; !begun; ) {
        begun = await ask('POST', path, adminKey, { tenant: 'default', since: since.toISOString() }).then(
          () => true,
          async (error: Error) => {
            if (!error.message.includes('answered 409')) throw error;
            await sleep(EVERY_MS); // its own run is under way
            return false;
          },
        );
      }
      for (;;) {
        const { run, last } = (await ask('GET', path, adminKey)) as State;
        if (run === undefined && last !== undefined && last.startedAt >= begunAt) {
          const [tenant] = last.tenants;
          if (tenant?.phase !== 'done')
            throw new Error(`reconciliation ended as "${tenant?.phase}" ${tenant?.cause ?? ''}`.trim());
          return tenant.recorded;
        }
        await sleep(EVERY_MS);
      }
    },
  };
}
