/** `npm run bench [-- door console feed freshness query growth rebuild erasure]`: measurements side by side with their baselines; see docs/performance.md. */

import { answerHelp } from '../src/help.ts';

type Bench = (options: readonly string[]) => Promise<void>;

/** What follows the names begins with `--` and is the benches' own. */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  door: async () => (await import('./door.ts')).benchDoor,
  console: async () => (await import('./console.ts')).benchConsole,
  feed: async () => (await import('./feed.ts')).benchFeed,
  freshness: async () => (await import('./freshness.ts')).benchFreshness,
  query: async () => (await import('./query.ts')).benchQuery,
  growth: async () => (await import('./growth.ts')).benchGrowth,
  rebuild: async () => (await import('./rebuild.ts')).benchRebuild,
  erasure: async () => (await import('./erasure.ts')).benchErasure,
};
answerHelp(`usage: npm run bench [-- <name>… [--option value]…]

Measures each part beside its baselines, and prints their ratios: some minutes each, and nothing else should run meanwhile. It
starts all that it needs, and leaves nothing behind. Without names: all of ${Object.keys(benches).join(', ')}.
docs/performance.md has the options of each, and what was measured.

  npm run bench -- door --seconds 6 --bytes 1000`);
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
  if (wanted.length === 0 || wanted.includes(name)) await (await bench())(given.slice(wanted.length));
