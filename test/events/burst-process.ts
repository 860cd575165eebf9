// node burst-process.ts <connection string>: three hundred appends at once when it is told `go`; says what became of them.
// Then a rejection that nobody handles.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connectEventLog, EventStoreUnavailable } from '../../src/events/event-log.ts';

const log = connectEventLog(process.argv[2]!, { timeoutMs: 10_000 });
let streams = 0;
const append = () => {
  const event = { id: randomUUID(), type: 'Happened', data: { filling: 'x'.repeat(20_000) }, metadata: {} };
  return log.append(`call-acme.burst_${process.pid}_${++streams}`, 'no_stream', [event]);
};

await append();
console.log('connected');
await once(process.stdin, 'data');
const results = Promise.allSettled(Array.from({ length: 300 }, append));
console.log('sent');
const settled = await results;
const isTold = (result: PromiseSettledResult<unknown>) =>
  result.status === 'fulfilled' || result.reason instanceof EventStoreUnavailable;
const other = settled.flatMap((result) => (isTold(result) || result.status === 'fulfilled' ? [] : `${result.reason}`));
const afterwards = await append().then(
  ({ outcome }) => outcome,
  () => append().then(({ outcome }) => outcome),
);
console.log(JSON.stringify({ told: settled.filter(isTold).length, afterwards, other }));
console.log('rejecting');
void Promise.reject(new Error('nobody handles this: the test wants it'));
