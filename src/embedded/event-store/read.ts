import { feedOfAll, feedOfStream } from './feed.ts';
import type { LogReader } from './log-reader.ts';
import type { News } from './news.ts';
import { outlet, type ReadCall } from './outlet.ts';
import { readOnce } from './reads.ts';
import { badRequest, streamDeleted } from './refusal.ts';
import { readRequest } from './requests.ts';
import { subscription } from './subscription.ts';

/** The `Read` method: reads and subscriptions, of a stream and of `$all`. */
export function reads(log: LogReader, news: News) {
  return async (call: ReadCall): Promise<void> => {
    const out = outlet(call);
    try {
      const request = readRequest(call.request);
      if (!request.subscription) await readOnce(log, out, request);
      else if (request.of === 'all') await subscription(out, feedOfAll(log, request), news, badRequest());
      else await subscription(out, feedOfStream(log, request), news, streamDeleted(request.stream));
    } catch (cause) {
      out.fail(badRequest(cause instanceof Error ? cause.message : undefined));
    }
  };
}
