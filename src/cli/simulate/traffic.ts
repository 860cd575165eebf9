import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../retell-emulator/random.ts';
import { startRetell } from '../../retell-emulator/start.ts';
import { type Story, stories } from '../../retell-emulator/stories.ts';
import { callOf, recently, webhookPathOf } from './story-call.ts';

/** A call that was simulated, and what must come of it. */
export type SimulatedCall = {
  readonly callId: string;
  readonly sessionId: string;
  readonly appointmentId: string;
  readonly story: string;
  readonly expected: Story['expected'];
  /** No webhook of it was lost. */
  readonly arrived: () => boolean;
};

export type Traffic = {
  readonly calls: readonly SimulatedCall[];
  readonly sent: number;
  readonly duplicates: number;
  readonly tampered: number;
  readonly lost: number;
  /** What did not get the answer it must get: 204, or 401 for a tampered one. */
  readonly surprises: readonly string[];
};

type TrafficOptions = {
  readonly serviceUrl: string;
  readonly key: string;
  readonly apiKey: string;
  readonly port: number;
  readonly seed: number;
  /** The share of webhooks that never arrive. */
  readonly lose: number;
};

/** An address that fails 50 times a minute is refused altogether (WEBHOOK_RATE_LIMIT_PER_MINUTE). */
const TAMPERED_AT_MOST = 30;

/** Calls that go on at once; the next ones begin when these are over. */
const AT_ONCE = 50;

/** Retell on a bad day: webhooks shuffled over all calls, a third sent twice, some late, some tampered with, some lost. */
export async function openTraffic({ serviceUrl, key, apiKey, port, seed, lose }: TrafficOptions) {
  const agentsSeen = new Set<string>();
  const incomplete = new Set<string>();
  let [lost, duplicates, forged] = [0, 0, 0];
  const retell = await startRetell({
    ...{ apiKey, port, seed },
    times: recently,
    webhooks: {
      key,
      url: (call) => `${serviceUrl}${webhookPathOf(call.agent_id)}`,
      fate: ({ call }, random: Random) => {
        // The first one of an agent must arrive: the service learns from it where the agent's calls belong.
        if (agentsSeen.has(call.agent_id) && random.next() < lose) {
          incomplete.add(call.call_id);
          lost++;
          return { lost: true };
        }
        agentsSeen.add(call.agent_id);
        const late = random.next() < 0.1;
        const again = random.next() < 0.33 ? 1 : 0;
        duplicates += again;
        const delayMs = late ? 200 + random.below(800) : random.below(150);
        const tampered = forged < TAMPERED_AT_MOST && random.next() < 0.1;
        if (tampered) forged++;
        return { delayMs, duplicates: again, tampered };
      },
    },
  });

  return {
    retell,
    /** `count` calls that go through all stories; `run` keeps the ids of different runs apart. */
    async play(count: number, run: string, random: Random): Promise<Traffic> {
      const calls: SimulatedCall[] = [];
      for (let n = 0; n < count; n++) {
        const story = stories[n % stories.length]!;
        const person = `+447700900${String(random.below(1000)).padStart(3, '0')}`; // reserved for fiction
        const [sessionId, appointmentId] = [`cs_sim_${run}_${n}`, `apt_sim_${run}_${n}`];
        const ids = { sessionId, appointmentId, contactId: `con_sim_${run}_${n}` };
        const { call_id: callId } = retell.make(callOf(story, person, ids), story);
        const { name, expected } = story;
        calls.push({
          ...{ callId, sessionId, appointmentId, expected },
          story: name,
          arrived: () => !incomplete.has(callId),
        });
        if (calls.length % AT_ONCE === 0) await retell.quiet();
        else await sleep(1);
      }
      await retell.quiet();
      const surprises = retell.deliveries
        .filter(({ statuses, tampered }) => statuses.at(-1) !== (tampered ? 401 : 204))
        .map(({ event, statuses, tampered }) => `${event}${tampered ? ' (tampered)' : ''}: ${statuses.join(', ')}`);
      const tampered = retell.deliveries.filter((delivery) => delivery.tampered).length;
      return { calls, sent: retell.deliveries.length, duplicates, tampered, lost, surprises };
    },
  };
}
