/** `npm run bench [-- door feed]`: measurements side by side with their baselines; see docs/performance.md. */
import { benchDoor } from './door.ts';
import { benchFeed } from './feed.ts';

const benches: Readonly<Record<string, () => Promise<void>>> = { door: benchDoor, feed: benchFeed };
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`There is no bench "${unknown.join('", "')}". There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
for (const [name, bench] of Object.entries(benches)) if (wanted.length === 0 || wanted.includes(name)) await bench();
