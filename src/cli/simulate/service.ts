import { setTimeout as sleep } from 'node:timers/promises';
import { ticketIdOf } from '../../events/ticket-facts.ts';
import type { Answers, Route } from '../api.ts';
import { type Answer, type RequestTo, serviceAt } from '../service.ts';
import type { SimulatedCall } from './traffic.ts';

export type Row = { call: string; story: string } & SimulatedCall['expected'] & { as_sent: string };

const NONE = '–';
const EVERY_MS = 200;
const AT_ONCE = 50;

/** The service under simulation, as its users and its administrator see it. Throws where an answer is not as documented. */
export function simulatedService(url: string, { apiKey, adminKey }: { apiKey: string; adminKey: string | undefined }) {
  const user = serviceAt(url, async () => ({ key: apiKey, from: '--api-key' }));
  const admin = serviceAt(url, async () =>
    adminKey === undefined ? undefined : { key: adminKey, from: '--admin-key' },
  );

  /** Undefined: there is nothing under this id. */
  async function read<R extends Route>(route: R, request: RequestTo<R>): Promise<Answers[R] | undefined> {
    const answer = await user.ask(route, request);
    return answer.status === 404 ? undefined : (bodyOf(answer) as Answers[R]);
  }

  async function rowOf({ callId, sessionId, appointmentId, story, expected }: SimulatedCall): Promise<Row> {
    const session = await read('GET /api/call-sessions/{id}', { path: { id: sessionId } });
    const appointment = await read('GET /api/appointments/{id}', { path: { id: appointmentId } });
    const ticket = await read('GET /api/tickets/{id}', { path: { id: ticketIdOf(callId) } });
    const seen = {
      status: session?.status ?? NONE,
      reason: session?.statusReason ?? NONE,
      appointment: appointment?.status ?? NONE,
      ticket: ticket?.status ?? NONE,
    };
    const same = (Object.keys(seen) as (keyof typeof seen)[]).every((field) => seen[field] === expected[field]);
    return { call: callId, story, ...seen, as_sent: same ? 'yes' : `NO: ${JSON.stringify(expected)}` };
  }

  return {
    /** Reads all calls until each is as sent, for so long at most: the read model follows within a moment. */
    async rowsOnceAsSent(calls: readonly SimulatedCall[], withinMs: number): Promise<readonly Row[]> {
      for (const limit = Date.now() + withinMs; ; await sleep(EVERY_MS)) {
        const rows: Row[] = [];
        for (let from = 0; from < calls.length; from += AT_ONCE)
          rows.push(...(await Promise.all(calls.slice(from, from + AT_ONCE).map(rowOf))));
        if (rows.every((row) => row.as_sent === 'yes') || Date.now() > limit) return rows;
      }
    },

    /** Has the service ask Retell for what never came; how many facts it recorded. */
    async reconcile(since: Date): Promise<number> {
      if (adminKey === undefined) throw new Error('there is no admin key to reconcile with (--admin-key)');
      const begunAt = new Date().toISOString();
      const body = { tenant: 'default', since: since.toISOString() };
      const begin = () => admin.ask('POST /api/reconciliation', { body });
      let begun = await begin();
      // A run of its own may be under way.
      for (; begun.status === 409; begun = await begin()) await sleep(EVERY_MS);
      bodyOf(begun);
      for (; ; await sleep(EVERY_MS)) {
        const answer = await admin.ask('GET /api/reconciliation');
        const { run, last } = bodyOf(answer) as Answers['GET /api/reconciliation'];
        if (run !== undefined || last === undefined || last.startedAt < begunAt) continue;
        const [tenant] = last.tenants;
        if (tenant?.phase === 'done') return tenant.recorded;
        throw new Error(`reconciliation ended as "${tenant?.phase}" ${tenant?.cause ?? ''}`.trim());
      }
    },
  };
}

function bodyOf({ request, status, text, body }: Answer): unknown {
  if (status >= 200 && status < 300) return body;
  throw new Error(`${request} answered ${status}: ${text.slice(0, 300)}`);
}
