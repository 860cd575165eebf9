import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/retell-emulator/random.ts';
import { randomFrom } from '../../src/retell-emulator/random.ts';
import { eventually, sign } from '../support/service.ts';
import { tenants } from './tenants.ts';
import type { World } from './world.ts';

/** What calls of people who are erased are called: what the load knows of is none of them. */
const GONE = 'call_gone_';
export const isGone = (stream: string): boolean => stream.includes(`.${GONE}`);
/** In all that is said of these people. */
export const GONE_MARK = 'Larkspur Wisteria';

export type Erasures = {
  /** Of each that was taken. */
  readonly asked: readonly { readonly id: string; readonly callId: string }[];
  pause(): Promise<void>;
  resume(): void;
  /** Waits until no byte of any of them is left. */
  settle(): Promise<void>;
};

const PAUSE_MS = 5000;
const ATTEMPTS = 60;
const [tenant] = tenants;

/** Somebody calls, is erased on request, and a late webhook comes: again and again, whatever is killed meanwhile. */
export function startErasures({ services, client }: World, seed: number): Erasures {
  const random: Random = randomFrom(seed * 1000 + 999);
  const asked: { id: string; callId: string }[] = [];
  let calls = 0;
  let running: Promise<unknown> | undefined;
  let stopped = false;

  const doors = () => services.flatMap((one) => (one.roles.includes('ingest') ? (one.url() ?? []) : []));
  async function untilAnswered<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const answer = await ask().catch(() => undefined);
      if (answer !== undefined) return answer;
      await sleep(500);
    }
    return undefined;
  }
  const deliver = (event: string, call: object) =>
    untilAnswered(async () => {
      const body = JSON.stringify({ event, event_timestamp: Date.now(), call });
      const headers = { 'content-type': 'application/json', 'x-retell-signature': sign(body, tenant!.webhookKey) };
      const url = `${random.pick(doors())}/api/webhooks/retell`;
      const { status } = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
      return status === 204 || undefined;
    });

  async function oneAfterTheOther(): Promise<void> {
    while (!stopped) {
      const callId = `${GONE}${calls++}`;
      const call = {
        ...{ call_id: callId, call_type: 'phone_call', direction: 'outbound', call_status: 'ended' },
        ...{ from_number: '+442079460018', to_number: `${tenant!.numbers}99`, agent_name: GONE_MARK },
        ...{ disconnection_reason: 'dial_busy', transcript: `User: I am ${GONE_MARK}.` },
      };
      if (await deliver('call_ended', call)) {
        const body = { tenantId: tenant!.id, callId };
        const id = await untilAnswered(async () => {
          const admin = await client('react');
          const { status, body: taken } = await admin.admin('POST', '/api/erasures', body);
          return status === 202 ? String(taken.id) : undefined;
        });
        if (id !== undefined) asked.push({ id, callId });
        await deliver('call_analyzed', { ...call, call_analysis: { call_summary: `${GONE_MARK} was busy.` } });
      }
      for (let ms = 0; ms < PAUSE_MS && !stopped; ms += 100) await sleep(100);
    }
  }

  const resume = () => {
    stopped = false;
    running = oneAfterTheOther();
  };
  resume();
  return {
    ...{ asked, resume },
    async pause() {
      stopped = true;
      await running;
    },
    async settle() {
      const isOver = async () => {
        const { body } = await (await client('react')).admin('GET', '/api/erasures?limit=200');
        return (body.items as { physical: string }[]).every(({ physical }) => physical === 'done');
      };
      await eventually(isOver, { within: 180_000, every: 500, what: 'the last erasure, off the disk,' });
    },
  };
}
