import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const project = join(import.meta.dirname, '../..');
const read = (file: string): Promise<string> => readFile(join(project, file), 'utf8');

/** The names of docs/metrics.md, which another test holds to `/metrics`, with the labels of each. */
async function documented(): Promise<Map<string, string>> {
  const rows = (await read('docs/metrics.md')).split('\n').filter((line) => line.startsWith('| `call_ledger_'));
  return new Map(
    rows.flatMap((row) => {
      const [, names, labels] = row.split('|');
      return [...names!.matchAll(/`(call_ledger_\w+)`/g)].map(([, name]) => [name!, labels!] as const);
    }),
  );
}

type Panel = { readonly title: string; readonly targets?: readonly { readonly expr: string }[] };

async function expressions(): Promise<string[]> {
  const { panels } = JSON.parse(await read('deploy/grafana/dashboards/call-ledger.json')) as { panels: Panel[] };
  const alerts = [...(await read('deploy/prometheus/alerts.yml')).matchAll(/^ +expr: (.+)$/gm)].map(
    ([, expr]) => expr!,
  );
  return [...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)), ...alerts];
}

const ofHistogram = /_(?:bucket|count|sum)$/;
/** Labels that Prometheus adds. */
const ADDED = new Set(['le', 'job', 'instance']);

test('the dashboard and the alerts ask for metrics and labels that there are', async () => {
  const metrics = await documented();
  const unknown: string[] = [];
  for (const expr of await expressions()) {
    const names = [...expr.matchAll(/call_ledger_\w+/g)].map(([name]) => name.replace(ofHistogram, ''));
    unknown.push(...names.filter((name) => !metrics.has(name)).map((name) => `${name} in ${expr}`));
    const labels = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(', '));
    labels.push(...[...expr.matchAll(/[{,] ?(\w+)=/g)].map(([, label]) => label!));
    const has = names.map((name) => metrics.get(name) ?? '').join();
    unknown.push(...labels.filter((l) => !ADDED.has(l) && !has.includes(`\`${l}\``)).map((l) => `${l} in ${expr}`));
  }
  expect(unknown).toEqual([]);
});

test('every metric that can mean harm has an alert', async () => {
  const alerts = await read('deploy/prometheus/alerts.yml');
  const harmful = [
    'store_up',
    'appends_failing',
    'projection_lag_seconds',
    'parked_streams',
    'silent_tenants',
    'reconciliation_last_success',
    'mail_dead_letters',
    'webhook_endpoint_failing_seconds',
  ];
  expect(harmful.filter((name) => !alerts.includes(name))).toEqual([]);
});
