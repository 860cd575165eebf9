import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/retell-emulator/random.ts';
import { type Part, releasesOf, type ServicePart } from './parts.ts';
import type { World } from './world.ts';

export type Fault = {
  readonly name: string;
  /** What it happens to: two at once never happen to the same. */
  readonly to: string;
  /** Does it, and settles when it is over. */
  strike(): Promise<void>;
};

const killed = (part: Part, forMs: number): Fault => ({
  name: `kill ${part.name}`,
  to: part.name,
  async strike() {
    await part.kill();
    await sleep(forMs);
    await part.start();
  },
});

const frozen = (part: Part, forMs: number): Fault => ({
  name: `freeze ${part.name} ${forMs} ms`,
  to: part.name,
  async strike() {
    await part.freeze();
    await sleep(forMs);
    await part.thaw();
  },
});

/** Long enough, at times, for the other release to take over what it shows. */
const stopped = (part: ServicePart, random: Random): Fault => {
  const forMs = random.next() < 0.4 ? 10_000 + random.below(6000) : random.below(2000);
  return {
    name: `stop ${part.name} ${forMs} ms`,
    to: part.name,
    async strike() {
      const code = await part.end();
      if (code !== 0) throw new Error(`ended with ${code}`);
      await sleep(forMs);
      await part.start();
    },
  };
};

/** What may happen next, each as often as its weight says; half of it a stop, where releases replace each other. */
export function drawFault({ eventStore, postgres, services, wires }: World, random: Random): Fault {
  if (releasesOf(services) > 1 && random.next() < 0.5) return stopped(random.pick(services), random);
  const service = random.pick(services);
  const { name, relay } = random.pick(wires);
  const forMs = random.below(400);
  const longer = 200 + random.below(1500);
  const startMs = 100 + random.below(1500);
  const faults: readonly (readonly [weight: number, fault: Fault])[] = [
    [5, killed(service, forMs)],
    [3, killed(eventStore, forMs)],
    [3, killed(postgres, forMs)],
    [
      1,
      {
        name: `kill ${service.name}, and again as it starts`,
        to: service.name,
        async strike() {
          await service.kill();
          await service.startAndKill(startMs);
          await service.start();
        },
      },
    ],
    [2, { name: `cut ${name}`, to: name, strike: async () => relay.cut() }],
    [
      2,
      {
        name: `close ${name} ${longer} ms`,
        to: name,
        async strike() {
          relay.close();
          await sleep(longer);
          relay.open();
        },
      },
    ],
    [
      1,
      {
        name: `silence ${name} ${longer} ms`,
        to: name,
        async strike() {
          relay.hold('server');
          await sleep(longer);
          relay.release();
        },
      },
    ],
    [2, frozen(random.pick([service, eventStore, postgres]), longer)],
  ];
  return random.pick(faults.flatMap(([weight, fault]) => Array<Fault>(weight).fill(fault)));
}
