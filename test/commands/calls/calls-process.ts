// node calls-process.ts <connection string> <Retell's URL> [<step>]: another process of the service.
// Prints its port. With a step it is killed, as by a power cut, when it first comes to it: before or after an event of
// that type is appended, or before or after Retell is asked to dial.
import type { EventLog } from '../../../src/events/event-log.ts';
import { patientLog } from '../../support/patient-log.ts';
import { callsService } from './scene.ts';

const [url, retellUrl, step] = process.argv.slice(2) as [string, string, string | undefined];
const at = (here: string): void => {
  if (here !== step) return;
  process.kill(process.pid, 'SIGKILL');
  throw new Error('killed');
};
const log = patientLog(url);
const mortal: EventLog = {
  ...log,
  async append(stream, expected, events) {
    const type = events[0]!.type;
    at(`before ${type}`);
    const result = await log.append(stream, expected, events);
    at(`after ${type}`);
    return result;
  },
};
const service = await callsService(mortal, {
  retellUrl,
  times: { createTimeoutMs: 10_000, settledAfterMs: 60_000, answerWithinMs: 20_000 },
  between: (api) => ({
    ...api,
    async dial(...args) {
      at('before dialling');
      const result = await api.dial(...args);
      at('after dialling');
      return result;
    },
  }),
});
console.log(new URL(service.url).port);
process.stdin.resume().on('end', () => process.exit(0));
