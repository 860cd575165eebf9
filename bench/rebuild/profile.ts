import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

type Frame = { readonly functionName: string; readonly url: string; readonly lineNumber: number };
type Profile = {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[];
  readonly samples: readonly number[];
  /** Microseconds. */
  readonly timeDeltas: readonly number[];
};

const TOP = 25;

/** Prints where a process spent its time: by package or file, and the functions with the most of their own. */
export async function printProfile(file: string): Promise<void> {
  const { nodes, samples, timeDeltas } = JSON.parse(await readFile(file, 'utf8')) as Profile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const places = new Map<string, number>();
  const functions = new Map<string, number>();
  let total = 0;
  samples.forEach((id, i) => {
    const frame = frames.get(id)!;
    const place = placeOf(frame);
    const name = `${frame.functionName || 'anonymous'} ${place}${frame.url ? `:${frame.lineNumber + 1}` : ''}`;
    const spent = timeDeltas[i]!;
    total += spent;
    places.set(place, (places.get(place) ?? 0) + spent);
    functions.set(name, (functions.get(name) ?? 0) + spent);
  });
  const most = (times: ReadonlyMap<string, number>, key: string) =>
    [...times]
      .sort(([, a], [, b]) => b - a)
      .slice(0, TOP)
      .map(([what, spent]) => ({ '%': ((100 * spent) / total).toFixed(1), ms: Math.round(spent / 1000), [key]: what }));
  console.table(most(places, 'package or file'));
  console.table(most(functions, 'function, by its own time'));
}

/** `pg/lib/client.js` → `pg`; our own files by their path; what is V8's or Node's by its name. */
function placeOf({ functionName, url }: Frame): string {
  if (!url) return functionName.startsWith('(') ? functionName : 'native';
  if (!url.startsWith('file:')) return url;
  const path = fileURLToPath(url);
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path);
  return installed?.[1] ?? path.slice(path.lastIndexOf('/src/') + 1);
}
