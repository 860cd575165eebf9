import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/retell-emulator/random.ts';
import type { Part } from './parts.ts';
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

/** What may happen next, each as often as its weight says. */
export function drawFault({ eventStore, postgres, services, wires }: World, random: Random): Fault {
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
