import { Failure } from '../failure.ts';
import { follow, type LiveEvent } from '../feed.ts';
import type { Verb } from '../program.ts';
import { examples } from '../text.ts';

/** What is worth a line, in this order, of whatever events there are. */
const SHOWN = ['outcome', 'status', 'statusReason', 'callId', 'sessionId', 'appointmentId', 'ticketId', 'startsAt'];

function lineOf({ event, id, data }: LiveEvent): string {
  if (event === 'reset') return `reset: the log is another one, or was restored; it goes on at ${id}`;
  const shown = SHOWN.flatMap((name) => (data[name] === undefined ? [] : [`${name}=${data[name]}`]));
  const review = data.needsReview === true ? ['needs review'] : [];
  return [...(typeof data.occurredAt === 'string' ? [data.occurredAt] : []), event, ...shown, ...review].join('  ');
}

/** What changes, as it changes. */
export const verb: Verb = (program, cli) => {
  program
    .command('tail')
    .description('the live feed: outcomes and appointments as they change; it goes on after a lost connection')
    .option('--cursor <cursor>', 'go on behind the event that had it; else: from now on')
    .option('--count <n>', 'end after so many events')
    .option('--tenant <id>', 'whose; of another than default: with --api-key or API_KEY', 'default')
    .addHelpText(
      'after',
      `${examples('tail', 'tail --json --count 1', 'tail --cursor 184467')}\n\nWith --json a line of JSON for each: {"event", "id", "data"}; the id is the cursor behind it.`,
    )
    .action(async (given: { cursor?: string; count?: string; tenant: string }) => {
      const count = given.count === undefined ? Number.POSITIVE_INFINITY : Number(given.count);
      if (!(count >= 1)) throw new Failure(2, `--count is a number above 0, not "${given.count}".`);
      const left = new AbortController();
      const leave = () => left.abort();
      process.once('SIGINT', leave);
      let cursor = given.cursor;
      let seen = 0;
      try {
        const onLost = (why: string) =>
          cli.remark(`The connection is lost (${why.replace(/\.$/, '')}); it is made again.`);
        for await (const event of follow(cli.as(given.tenant), { cursor, signal: left.signal, onLost })) {
          cursor = event.id;
          if (event.event === 'ready') cli.remark(`Listening behind ${cursor}. Ctrl-C ends it.`);
          else cli.each(event, lineOf(event));
          if (event.event !== 'ready' && event.event !== 'reset' && ++seen >= count) break;
        }
      } finally {
        process.removeListener('SIGINT', leave);
      }
      if (cursor !== undefined) cli.remark(`To go on from here: call-ledger tail --cursor ${cursor}`);
    });
};
