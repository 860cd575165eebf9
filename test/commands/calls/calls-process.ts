// node calls-process.ts <connection string> <Retell's URL> [requested | dialled]: another process of the service.
// Prints its port. With a third word it is killed, as by a power cut, at the first call: once the request is on
// record, or once Retell has answered and before that is.
import { connectEventLog } from '../../../src/events/event-log.ts';
import { callsService } from './scene.ts';

const [url, retellUrl, dieWhen] = process.argv.slice(2) as [string, string, string | undefined];
const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('killed');
};
const service = await callsService(connectEventLog(url), {
  retellUrl,
  times: { createTimeoutMs: 10_000 },
  between: (api) => ({
    ...api,
    async dial(...args) {
      if (dieWhen === 'requested') die();
      const result = await api.dial(...args);
      return dieWhen === 'dialled' ? die() : result;
    },
  }),
});
console.log(new URL(service.url).port);
process.stdin.resume().on('end', () => process.exit(0));
