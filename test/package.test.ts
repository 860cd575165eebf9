import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const read = (file: string) => readFileSync(join(import.meta.dirname, '..', file), 'utf8');
const manifest = JSON.parse(read('package.json'));

test('package.json, README, the image and the Node that comes along agree on which Node is needed', () => {
  const [needed] = /\d+/.exec(manifest.engines.node)!;
  expect(read('README.md')).toContain(`Node ≥ ${needed}`);
  const [running] = manifest.dependencies.node.split('.');
  expect(read('README.md')).toContain(`Node ${running}`);
  expect(read('Dockerfile')).toContain(`FROM node:${running}-slim`);
  expect(read('docs/production.md')).toContain(`| Node | ${running}: `);
});
