import { type Kysely, sql } from 'kysely';
import type { EventLog } from '../../events/event-log.ts';
import type { Subscription } from '../../events/subscription.ts';
import type { CheckpointOf } from './checkpoint.ts';

/** By stream: the broken fact from which on a generation has set it aside. */
export type SetAside = ReadonlyMap<string, { readonly revision: bigint; readonly position: bigint }>;

export async function setAside(db: Kysely<unknown>, of: CheckpointOf): Promise<SetAside> {
  const { rows } = await sql<{ stream: string; revision: string; position: string }>`
    select stream, revision, position from projection.parked
     where projection = ${of.name} and generation = ${of.generation}`.execute(db);
  return new Map(
    rows.map(({ stream, revision, position }) => [stream, { revision: BigInt(revision), position: BigInt(position) }]),
  );
}

/** The log as a generation has applied it: without what waits in parked streams. */
export const without = (log: EventLog, apart: SetAside): EventLog =>
  apart.size === 0 ? log : { ...log, subscribe: (options) => passing(log.subscribe(options), apart) };

async function* passing(subscription: Subscription, apart: SetAside) {
  for await (const batch of subscription) {
    const events = batch.events.filter(({ stream, revision }) => {
      const broken = apart.get(stream);
      return !broken || revision < broken.revision;
    });
    yield { ...batch, events };
  }
}

/**
 * Whether what was folded without some streams, up to a checkpoint, is also the fold without what is set aside by now.
 * Not so when a stream was redriven, or was parked at a fact that is folded already.
 */
export const goesOnWith = (before: SetAside, now: SetAside, checkpoint = -1n): boolean =>
  [...before].every(([stream, { revision }]) => now.get(stream)?.revision === revision) &&
  [...now].every(([stream, { position }]) => before.has(stream) || position > checkpoint);
