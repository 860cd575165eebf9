import { connectEventLog, type EventLog } from '../../src/events/event-log.ts';

/** The event log for tests that are not about its time limit: a busy machine may stand still for longer than three seconds. */
export const patientLog = (url: string): EventLog => connectEventLog(url, { timeoutMs: 30_000 });
