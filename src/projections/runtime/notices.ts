import type { Logger } from 'pino';
import type { Generation } from './generations.ts';
import type { Notice, Projection } from './projection.ts';

/** The projection, and a way to log what its `save` has answered: once that is committed. */
export function overheard(projection: Projection, logger: Logger) {
  /** By what it says: a batch that is folded again says it again. */
  const notices = new Map<string, Notice>();
  const heard: Projection = {
    ...projection,
    async save(trx, table, batch) {
      const said = await projection.save(trx, table, batch);
      for (const notice of said ?? []) notices.set(JSON.stringify(notice), notice);
      return said;
    },
  };
  return {
    projection: heard,
    /** `before`: the batch. A read model that is made from the beginning repeats what was logged in its earlier life. */
    log(before: Generation): void {
      const more = before.caughtUp ? {} : { catching_up: true };
      for (const notice of notices.values()) logger.info({ projection: projection.name, ...notice, ...more }, 'notice');
      notices.clear();
    },
  };
}
