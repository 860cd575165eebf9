import { afterAll } from 'vitest';
import type { EventLog } from '../../../src/events/event-log.ts';
import { startRetell } from '../../../src/retell-emulator/start.ts';
import { storeOfFile } from '../../support/store-of-file.ts';
import { callsService } from './scene.ts';

/**
 * An event store that a test can break, a Retell, and the command in front of both, of a test file's own. To be called at the
 * top of the file.
 */
export async function callsOfFile() {
  const { log: unbroken } = await storeOfFile();
  let broken: Partial<Pick<EventLog, 'append' | 'read'>> = {};
  const log: EventLog = {
    ...unbroken,
    append: (...args) => (broken.append ?? unbroken.append)(...args),
    read: (...args) => (broken.read ?? unbroken.read)(...args),
  };
  const retell = await startRetell();
  const service = await callsService(log, { retellUrl: retell.url });
  afterAll(async () => {
    await service.close();
    await retell.stop();
  });
  return {
    ...{ log, unbroken, retell, service },
    /** From now on the log does this instead, until `mend`. */
    breakLog(instead: Partial<Pick<EventLog, 'append' | 'read'>>) {
      broken = instead;
    },
    mend() {
      broken = {};
    },
  };
}
