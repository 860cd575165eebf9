import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Feed } from './feed.ts';
import type { News } from './news.ts';
import type { Outlet } from './outlet.ts';
import { consumerTooSlow, type Refusal } from './refusal.ts';
import { caughtUp, confirmation } from './signals.ts';

// A live server buffers some hundred events for a live consumer and then drops it. Nothing is buffered here, so this
// could be any number; it exists because an application has to meet the drop before production.
const MAX_BEHIND_WHILE_LIVE = 4096;
// A live server looks for a missing stream from time to time; its first events come together, before "caught up".
const LOOK_AGAIN_MS = 50;

/** Delivers a feed: what is there, "caught up", and then what comes, until the client has had enough. */
export async function subscription(out: Outlet, feed: Feed, news: News, deleted: Refusal): Promise<void> {
  const silence = news.listen(out.ring);
  try {
    const end = await deliver(out, feed, deleted);
    if (end) out.fail(end);
  } finally {
    silence();
  }
}

async function deliver(out: Outlet, feed: Feed, deleted: Refusal): Promise<Refusal | undefined> {
  if (feed.deleted()) return deleted;
  out.write(confirmation(randomUUID()));
  if (!feed.exists()) await existence(out, feed);

  let live = false;
  while (!out.closed()) {
    const page = feed.next(live);
    let heard = false;
    for (const message of page.messages) {
      out.write(message);
      while (out.full() && !out.closed()) {
        if (live && feed.behind() > MAX_BEHIND_WHILE_LIVE) return consumerTooSlow;
        await out.change();
        heard = true; // perhaps of more events, and nobody will tell us again
      }
      if (out.closed()) return undefined;
    }
    if (page.ended) return deleted;
    if (page.more || heard) await nextTurn();
    else if (live) await out.change();
    else {
      live = true;
      out.write(caughtUp);
    }
  }
  return undefined;
}

async function existence(out: Outlet, feed: Feed): Promise<void> {
  while (!out.closed() && !feed.exists()) await out.change();
  await sleep(LOOK_AGAIN_MS);
}
