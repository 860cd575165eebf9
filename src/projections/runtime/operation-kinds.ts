import type { OperationKind } from '../engine/operations.ts';
import { type RunOperation, rebuild, swapBack } from '../engine/rebuild.ts';
import { verify } from '../engine/verify.ts';

/** What can be requested, and who carries it out; there is a route for each. */
export const operationsByKind: Readonly<Partial<Record<OperationKind, RunOperation>>> = {
  rebuild,
  swap_back: swapBack,
  verify,
};
