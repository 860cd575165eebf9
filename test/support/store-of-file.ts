import { afterAll } from 'vitest';
import type { EventLog } from '../../src/events/event-log.ts';
import { type Door, type DoorOptions, openDoor, type Store, startStore } from '../commands/webhooks/door.ts';
import { patientLog } from './patient-log.ts';

/** An event store of a test file's own and a log on it, until its tests are over. To be called at the top of the file. */
export async function storeOfFile(): Promise<{ readonly store: Store; readonly log: EventLog }> {
  const store = await startStore();
  const log = patientLog(store.url);
  afterAll(async () => {
    await log.close();
    await store.remove();
  });
  return { store, log };
}

/** The same, with the door in front of it. */
export async function doorOfFile(options?: DoorOptions) {
  const { store, log } = await storeOfFile();
  const door: Door = await openDoor(log, options);
  afterAll(() => door.close()); // before what was there before it
  return { store, log, door };
}
