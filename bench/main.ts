/** `npm run bench [-- door feed freshness query growth rebuild]`: measurements side by side with their baselines; see docs/performance.md. */
import { benchDoor } from './door.ts';
import { benchFeed } from './feed.ts';
import { benchFreshness } from './freshness.ts';
import { benchGrowth } from './growth.ts';
import { benchQuery } from './query.ts';
import { benchRebuild } from './rebuild.ts';

/** What follows the names begins with `--` and is the benches' own. */
const benches: Readonly<Record<string, (options: readonly string[]) => Promise<void>>> = {
  door: benchDoor,
  feed: benchFeed,
  freshness: benchFreshness,
  query: benchQuery,
  growth: benchGrowth,
  rebuild: benchRebuild,
};
const given = process.argv.slice(2);
const names = given.findIndex((argument) => argument.startsWith('--'));
const wanted = names < 0 ? given : given.slice(0, names);
const unknown = wanted.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`There is no bench "${unknown.join('", "')}". There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
// A bench that is broken off takes what it has started with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
for (const [name, bench] of Object.entries(benches))
  if (wanted.length === 0 || wanted.includes(name)) await bench(given.slice(wanted.length));
