import { parseArgs } from 'node:util';

/** `--name 5` of each named number, or what stands there; other options are another bench's. Throws, naming the fault. */
export function numbersOf<N extends string>(args: readonly string[], defaults: Readonly<Record<N, number>>) {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ args: [...args], options, strict: false });
  const numbers: Record<N, number> = { ...defaults };
  for (const name of Object.keys(defaults) as N[]) {
    const value = values[name];
    if (value === undefined) continue;
    if (!/^[1-9]\d*$/.test(String(value))) throw new Error(`--${name} takes a whole number above 0, not "${value}".`);
    numbers[name] = Number(value);
  }
  return numbers;
}
