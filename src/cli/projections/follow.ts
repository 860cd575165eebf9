import { setTimeout as sleep } from 'node:timers/promises';
import type { Cli } from '../cli.ts';
import { Failure } from '../failure.ts';
import { bar, isOver, type Operation, percentOf } from './operation.ts';

const EVERY_MS = 500;
/** A service that restarts goes on with what was requested; whoever watches waits for it. */
const SILENT_FOR_MS = 60_000;
const TENTH = 10;

/** Watches operations until all are over. They go on without us: Ctrl-C only ends the watching. */
export async function follow(cli: Cli, ids: readonly string[]): Promise<Operation[]> {
  const terminal = process.stderr.isTTY === true;
  const left = new AbortController();
  const leave = () => left.abort();
  process.once('SIGINT', leave);
  const told = new Map<string, string>();
  try {
    for (;;) {
      const operations = await all(cli, ids);
      if (terminal) process.stderr.write(`\r\u001b[2K${bar(operations)}`);
      else for (const operation of operations) tell(cli, operation, told);
      if (operations.every(isOver)) return operations;
      await sleep(EVERY_MS, undefined, { signal: left.signal }).catch(() => {});
      if (left.signal.aborted) throw goesOn(operations.filter((operation) => !isOver(operation)));
    }
  } finally {
    process.removeListener('SIGINT', leave);
    if (terminal) process.stderr.write('\r\u001b[2K');
  }
}

/** Where no bar can be drawn: a line for each tenth, and for each change. */
function tell(cli: Cli, operation: Operation, told: Map<string, string>): void {
  const { id, projection, kind, state, progress } = operation;
  const tenth = progress ? Math.floor((TENTH * progress.done) / Math.max(1, progress.total)) : 0;
  const stand = `${state} ${state === 'running' ? tenth : ''}`;
  if (told.get(id) === stand) return;
  told.set(id, stand);
  cli.remark(`${projection}: ${kind} ${state}${state === 'running' ? `, ${percentOf(operation)}` : ''}`);
}

async function all(cli: Cli, ids: readonly string[]): Promise<Operation[]> {
  for (const limit = Date.now() + SILENT_FOR_MS; ; await sleep(EVERY_MS)) {
    try {
      return await Promise.all(
        ids.map(async (id) => (await cli.admin.get(`/api/operations/${id}`)) as unknown as Operation),
      );
    } catch (error) {
      const passes = error instanceof Failure && (error.details.status ?? 503) === 503;
      if (!passes || Date.now() > limit) throw error;
    }
  }
}

const goesOn = (operations: readonly Operation[]) =>
  new Failure(
    2,
    `Not waited for: ${operations.map(({ kind, projection }) => `${kind} of ${projection}`).join(', ')}.`,
    {
      remedy: `It goes on. See it: call-ledger projections operations; cancel it: ${operations
        .map(({ id }) => `call-ledger projections cancel ${id}`)
        .join('; ')}`,
    },
  );
