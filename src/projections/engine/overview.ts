import type { Kysely } from 'kysely';
import { type Generation, generations } from './generations.ts';
import { type Operation, openOperations } from './operations.ts';
import { countParked } from './parked.ts';
import { isHeldUp } from './parked-limit.ts';
import type { ProjectionStatus } from './progress.ts';
import type { Projection } from './projection.ts';

/** A projection as Postgres has it; where this process runs it, with what its runner knows besides. */
type ProjectionOverview = {
  readonly name: string;
  /** Of the generation that the views show; before there is one, of the code. */
  readonly version: number;
  readonly generation: number | null;
  readonly state: 'live' | 'starting';
  readonly checkpoint: string | null;
  /** The last position of its streams, as far as this process knows. */
  readonly head: string | null;
  /** Null: behind, and this process does not know how far; or the log cannot be read. */
  readonly lagEvents: number | null;
  readonly lagSeconds: number | null;
  readonly caughtUp: boolean;
  /** What is shown is not the fold of this log, as far as this process knows: it was restored, or is another one. */
  readonly stale?: true;
  /** In positions of the log. */
  readonly building?: Building;
  readonly previous?: { readonly generation: number; readonly version: number; readonly replacedAt: Date };
  /** What is queued or under way. */
  readonly operationId?: string;
};

type Building = {
  readonly generation: number;
  readonly done: number;
  readonly total: number;
  /** Streams that it has parked. */
  readonly parked: number;
  /** More than odd facts account for: an operator has to decide. */
  readonly heldUp?: true;
};

/**
 * @param statuses of this process's runners; none where it does not project.
 * @param maxParked REBUILD_MAX_PARKED
 */
export async function overviewOf(
  db: Kysely<unknown>,
  projections: readonly Pick<Projection, 'name' | 'version'>[],
  statuses: readonly ProjectionStatus[],
  maxParked: number,
): Promise<ProjectionOverview[]> {
  const [all, open] = [await generations(db), await openOperations(db)];
  const parked = new Map<Generation, Pick<Building, 'parked' | 'heldUp'>>();
  for (const one of all.filter(({ state }) => state === 'building'))
    parked.set(one, {
      parked: await countParked(db, one),
      ...((await isHeldUp(db, one, maxParked)) && { heldUp: true }),
    });
  return projections.map((projection) => {
    const { name } = projection;
    const its = all.filter((generation) => generation.name === name);
    const [live, building, previous] = (['live', 'building', 'previous'] as const).map((state) =>
      its.find((generation) => generation.state === state && !isVerifying(generation, open)),
    );
    const status = statuses.find((one) => one.name === name);
    const operation = open.find((one) => one.projection === name);
    return {
      name,
      version: live?.version ?? projection.version,
      generation: live?.generation ?? null,
      state: live ? 'live' : 'starting',
      checkpoint: text(live?.checkpoint),
      head: status?.head ?? text(live?.checkpoint),
      ...lagOf(live, status),
      ...(building && {
        building: { generation: building.generation, ...progressOf(building, live), ...parked.get(building)! },
      }),
      ...(previous?.replacedAt && {
        previous: { generation: previous.generation, version: previous.version, replacedAt: previous.replacedAt },
      }),
      ...(status?.stale && { stale: true }),
      ...(operation && { operationId: operation.id }),
    };
  });
}

/** One that is only compared, and never becomes live. */
const isVerifying = ({ operation }: Generation, open: readonly Operation[]): boolean =>
  open.some(({ id, kind }) => id === operation && kind === 'verify');

function lagOf(live: Generation | undefined, status: ProjectionStatus | undefined) {
  const caughtUp = live?.caughtUp === true && !status?.stale && (status === undefined || status.lagEvents === 0);
  if (status) return { lagEvents: status.lagEvents, lagSeconds: status.lagSeconds, caughtUp };
  return { lagEvents: caughtUp ? 0 : null, lagSeconds: caughtUp ? 0 : null, caughtUp };
}

function progressOf({ checkpoint = 0n }: Generation, live: Generation | undefined) {
  const end = live?.checkpoint ?? 0n;
  return { done: Number(checkpoint), total: Number(checkpoint > end ? checkpoint : end) };
}

const text = (position: bigint | undefined): string | null => (position === undefined ? null : `${position}`);
