/**
 * How long each step of placing a call may take. They belong together: nobody may conclude that a call was not placed
 * (`settledAfterMs`) while whoever asked for it could still send it, or Retell could still act on it.
 */
export type PlacementTimes = {
  /** A caller is answered by then, whatever has become of the call. */
  readonly answerWithinMs: number;
  /** A request that waited longer than this, by its own process' clock, is not sent any more. */
  readonly dialWithinMs: number;
  /** Our own limit for Retell's answer, body included. Later is *unknown*. */
  readonly createTimeoutMs: number;
  readonly listTimeoutMs: number;
  /**
   * From this age of the request on, a list without the call means that there is none: `dialWithinMs`, the 120 s that
   * Retell gives itself for creating a call, and a minute for a ringing call to show in its lists.
   */
  readonly settledAfterMs: number;
  /** So many lists without the call are needed, the last of them at that age. */
  readonly emptyLists: number;
  /** Between two looks; the last one goes on. */
  readonly lookEveryMs: readonly number[];
  /** Then whoever looks gives up for now; the next start or the next round looks again. */
  readonly lookForMs: number;
  /** At the end of the process: how long calls that are being placed are waited for. */
  readonly drainMs: number;
};

export const placementTimes: PlacementTimes = {
  answerWithinMs: 10_000,
  dialWithinMs: 10_000,
  createTimeoutMs: 30_000,
  listTimeoutMs: 10_000,
  settledAfterMs: 190_000,
  emptyLists: 3,
  lookEveryMs: [1000, 2000, 5000, 10_000, 20_000, 30_000],
  lookForMs: 600_000,
  drainMs: 5000,
};
