import type { Logger } from 'pino';

/**
 * A resource as the query API shows it, once the read model has a position; undefined: not in time.
 * Composition gives it; without a read model in the process it is `async () => undefined`.
 */
export type ShownAfter = (
  tenantId: string,
  id: string,
  position: bigint,
  timeoutMs: number,
) => Promise<unknown | undefined>;

const READ_MODEL_WITHIN_MS = 1000;

/**
 * What a command answers with. Ingest needs no Postgres, so neither does the answer: undefined where the read model
 * cannot be asked, and the command then answers from the log.
 */
export async function shownAfter(
  ask: ShownAfter,
  logger: Pick<Logger, 'warn'>,
  tenantId: string,
  id: string,
  position: bigint | undefined,
): Promise<unknown | undefined> {
  if (position === undefined) return undefined;
  try {
    return await ask(tenantId, id, position, READ_MODEL_WITHIN_MS);
  } catch (error) {
    logger.warn({ reason: 'read_model_unavailable', error: (error as Error).name }, 'answered from the log');
    return undefined;
  }
}
