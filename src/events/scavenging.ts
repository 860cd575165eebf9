import type { EventStoreDBClient } from '@eventstore/db-client';
import { GossipClient } from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import type gossip from '@eventstore/db-client/generated/gossip_pb.js';
import { OperationsClient } from '@eventstore/db-client/generated/operations_grpc_pb.js';
import operations from '@eventstore/db-client/generated/operations_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { asOurs, EventStoreNotWriting } from './event-store-errors.ts';
import type { ReadOptions, Recorded } from './recorded.ts';

/**
 * Whether what is hidden is gone from the disk. `by_hand`: an operator has to start a scavenge, since this user may not, or
 * may not see one, or since other nodes have copies of their own.
 */
export type Scavenged = 'done' | 'pending' | 'by_hand';

type Read = (stream: string, options: ReadOptions) => Promise<Recorded[]>;

/** One run on one node, by the positions of its events. */
type Scavenge = {
  readonly node: string;
  readonly started: bigint;
  readonly completed: bigint | undefined;
  readonly succeeded: boolean;
};

/** Enough for those that came after any truncation that is still waited for. */
const MOST = 100;

/** gRPC's code of a method that a server does not have. */
const UNIMPLEMENTED = 12;

/** See `EventLog.scavenge`. */
export async function scavenge(client: EventStoreDBClient, read: Read, position: bigint): Promise<Scavenged> {
  try {
    const points = await pointsAfter(read, position);
    const runs = points.length === 0 ? [] : await scavenges(read);
    const covered = new Set(runs.filter((run) => reaches(run, points, runs)).map(({ node }) => node));
    if (covered.size > 0 && covered.size >= (await countNodes(client))) return 'done';
    // Each node of a cluster has a copy and a scavenge of its own: the others' are for an operator to start.
    return covered.size === 0 && (await start(client)) ? 'pending' : 'by_hand';
  } catch (error) {
    if (error instanceof EventStoreNotWriting) return 'by_hand';
    throw error;
  }
}

/** Where scavenges from beyond a position begin, as far as they are to remove all that is hidden. */
async function pointsAfter(read: Read, position: bigint): Promise<readonly bigint[]> {
  const points = await read('$scavengePoints', { backwards: true, max: MOST });
  return points.filter((point) => point.position > position && thresholdOf(point) <= 0).map((point) => point.position);
}

function thresholdOf({ data }: Recorded): number {
  const { threshold, Threshold } = (data ?? {}) as { threshold?: unknown; Threshold?: unknown };
  return Number(threshold ?? Threshold ?? 0);
}

/** The latest runs, as `$scavenges` links to them. */
async function scavenges(read: Read): Promise<readonly Scavenge[]> {
  const links = await read('$scavenges', { backwards: true, max: MOST });
  const streams = new Set(
    links.map(({ data }) =>
      Buffer.from(data as Uint8Array)
        .toString()
        .replace(/^\d+@/, ''),
    ),
  );
  const runs = await Promise.all([...streams].map((stream) => read(stream, {})));
  return runs.flatMap((events) => {
    const started = events.find(({ type }) => type === '$scavengeStarted');
    const completed = events.find(({ type }) => type === '$scavengeCompleted');
    if (started === undefined) return [];
    const { nodeEndpoint } = started.data as { nodeEndpoint?: unknown };
    const succeeded = (completed?.data as { result?: unknown } | undefined)?.result === 'Success';
    return [{ node: `${nodeEndpoint}`, started: started.position, completed: completed?.position, succeeded }];
  });
}

/**
 * Whether a run has gone as far as one of the points: it made the point, or began after it and did not continue an
 * earlier run that was broken off.
 */
function reaches(run: Scavenge, points: readonly bigint[], runs: readonly Scavenge[]): boolean {
  if (!run.succeeded || run.completed === undefined) return false;
  const isDuring = ({ started, completed }: Scavenge, point: bigint) =>
    started < point && (completed === undefined || point < completed);
  const others = runs.filter(({ node }) => node !== run.node);
  if (points.some((point) => isDuring(run, point) && !others.some((other) => isDuring(other, point)))) return true;
  const before = runs
    .filter(({ node, started }) => node === run.node && started < run.started)
    .reduce<Scavenge | undefined>((latest, one) => (latest && latest.started > one.started ? latest : one), undefined);
  return before?.succeeded !== false && points.some((point) => point < run.started);
}

async function countNodes(client: EventStoreDBClient): Promise<number> {
  const cluster = await client['execute'](GossipClient, 'gossip', (nodes) =>
    answerOf<gossip.ClusterInfo>('gossip', (callback) =>
      nodes.read(new shared.Empty(), ...client['callArguments']({}), callback),
    ),
  );
  return cluster.getMembersList().length;
}

/** A run that is under way already will do. False: this user may not start one, or the server has no such method. */
async function start(client: EventStoreDBClient): Promise<boolean> {
  const options = new operations.StartScavengeReq.Options().setThreadCount(1);
  const request = new operations.StartScavengeReq().setOptions(options);
  try {
    await client['execute'](OperationsClient, 'startScavenge', (node) =>
      answerOf<operations.ScavengeResp>('start a scavenge', (callback) =>
        node.startScavenge(request, ...client['callArguments']({}), callback),
      ),
    );
    return true;
  } catch (error) {
    if (error instanceof EventStoreNotWriting || (error as { code?: unknown }).code === UNIMPLEMENTED) return false;
    throw error;
  }
}

// What the client has no method for goes through its own channel, which its types call protected.
type Callback<T> = (error: Error | null, answer: T) => void;

const answerOf = <T>(what: string, call: (callback: Callback<T>) => unknown): Promise<T> =>
  new Promise((resolve, reject) => call((error, answer) => (error ? reject(asOurs(error, what)) : resolve(answer))));
