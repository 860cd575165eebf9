import type { JsonObject } from '../../events/json.ts';

/** As `GET /api/operations/{id}` tells it. */
export type Operation = {
  readonly id: string;
  readonly kind: 'rebuild' | 'verify' | 'swap_back';
  readonly projection: string;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly progress?: { readonly done: number; readonly total: number; readonly parked?: number };
  readonly result?: JsonObject;
  readonly error?: { readonly code: string; readonly message: string };
  readonly requestedAt: string;
  readonly finishedAt?: string;
};

export const isOver = ({ state }: Operation): boolean => state !== 'queued' && state !== 'running';

/** 0 to 1. */
export const shareOf = ({ state, progress }: Operation): number =>
  state === 'succeeded' ? 1 : progress && progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0;

export const percentOf = (operation: Operation): string => `${Math.floor(100 * shareOf(operation))} %`;

const WIDTH = 24;

/** A progress bar over all of them, and how each stands that is not over. */
export function bar(operations: readonly Operation[]): string {
  const share = operations.reduce((sum, operation) => sum + shareOf(operation), 0) / operations.length;
  const filled = Math.floor(WIDTH * share);
  const open = operations.filter((operation) => !isOver(operation));
  const each = open.map((one) => `${one.projection} ${one.state === 'queued' ? 'queued' : percentOf(one)}`);
  return `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${Math.floor(100 * share)} %  ${each.join(', ')}`;
}
