/**
 * What `npm pack` runs before and after: the package is the command line alone, as JavaScript, for Node ≥ 22. The service's
 * own packages are 60 times as large, and are left out of its package.json, which is put back afterwards.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

type Manifest = Readonly<Record<string, unknown>> & { readonly dependencies: Readonly<Record<string, string>> };

/** As TypeScript writes them: `import … from '…'`, `import '…'`, `import('…')`. */
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g;

/** Of `@scope/name/part`, `name/part`. */
const packageOf = (target: string): string => /^(@[^/]+\/)?[^/]+/.exec(target)![0];

/** The files that run when `entries` do, and the packages that they import. Names are relative to `directory`. */
export function reachableIn(directory: string, entries: readonly string[]) {
  const files = new Set(entries);
  const packages = new Set<string>();
  for (const file of files)
    for (const [, target = ''] of readFileSync(join(directory, file), 'utf8').matchAll(IMPORT))
      if (target.startsWith('.')) files.add(normalize(join(dirname(file), target)));
      else if (!target.startsWith('node:')) packages.add(packageOf(target));
  return { files, packages };
}

/** The package.json of the command line alone. */
export const manifestOf = (whole: Manifest, packages: Iterable<string>): object => {
  const { name, version, private: closed, description, keywords, license, type, files } = whole;
  return {
    ...{ name, version, private: closed, description, keywords, license, type, files },
    engines: { node: '>=22.13' }, // since when node:sqlite needs no flag, for `backup`
    bin: { 'call-ledger': 'dist/cli/main.js' },
    dependencies: Object.fromEntries([...packages].sort().map((one) => [one, whole.dependencies[one]])),
  };
};

function build(root: string): ReturnType<typeof reachableIn> {
  const dist = join(root, 'dist');
  rmSync(dist, { recursive: true, force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.cli.json'], { cwd: root, stdio: 'inherit' });
  const all = readdirSync(dist, { recursive: true, encoding: 'utf8' });
  const verbs = all.filter((file) => /^cli\/verbs\/\w[\w-]*\.js$/.test(file));
  const reachable = reachableIn(dist, ['cli/main.js', ...verbs]);
  // What is imported for its types was translated as well.
  for (const file of all) if (file.endsWith('.js') && !reachable.files.has(file)) rmSync(join(dist, file));
  chmodSync(join(dist, 'cli/main.js'), 0o755);
  return reachable;
}

const USAGE = `usage: npm pack

Makes a package of the command line alone, as JavaScript (docs/cli.md). npm runs "before" ahead of it, which builds dist and leaves
out of package.json what only the service needs, and "after" behind it, which puts package.json back.`;

function main([step]: readonly string[]): void {
  if (step !== 'before' && step !== 'after') {
    console.log(USAGE);
    return;
  }
  const root = join(import.meta.dirname, '..');
  const [manifest, kept] = [join(root, 'package.json'), join(root, 'package.json.before-pack')];
  // One that is kept still is of a pack that was interrupted.
  if (existsSync(kept)) renameSync(kept, manifest);
  if (step === 'after') return;
  const whole = readFileSync(manifest, 'utf8');
  const { packages } = build(root);
  writeFileSync(kept, whole);
  writeFileSync(manifest, `${JSON.stringify(manifestOf(JSON.parse(whole), packages), null, 2)}\n`);
}

if (import.meta.main) main(process.argv.slice(2));
