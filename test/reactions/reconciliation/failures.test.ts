import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measureReconciliation } from '../../../src/measurements.ts';
import { failureOf } from '../../../src/reactions/reconciliation/failures.ts';
import { type Scene, startScene } from './scene.ts';

// What an operator sees while Retell cannot be asked: a run that found nothing and one that could not look differ.

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());

const lines: string[] = [];
const logger = pino({ base: null }, { write: (line: string) => lines.push(line) });
const warnings = () =>
  lines.map((line) => JSON.parse(line)).filter(({ event, failed }) => event === 'reconciled' && failed !== undefined);

test('a key that is refused and a Retell that does not answer are warned of, counted, and no success', async () => {
  const reconciliation = scene.start({ logger, pace: { attempts: 1 } });
  const registry = new Registry();
  measureReconciliation(registry, reconciliation);
  const metrics = async () =>
    (await registry.metrics())
      .split('\n')
      .filter((line) => /^call_ledger_reconciliation_(last_succ|failures)/.test(line));

  scene.line.fails(() => ({ status: 401 }));
  await scene.run(reconciliation);
  expect(warnings()).toEqual([
    expect.objectContaining({ level: 40, failed: 1, tenants: 1, causes: { default: 'status_401' } }),
  ]);
  expect(await metrics()).toEqual(['call_ledger_reconciliation_failures_total{cause="refused"} 1']);

  scene.line.fails(() => 'cut');
  await scene.run(reconciliation);
  expect(warnings()).toHaveLength(2);
  expect(warnings()[1]).toMatchObject({ causes: { default: 'no_answer' } });

  scene.line.clear();
  const before = Date.now() / 1000;
  await scene.run(reconciliation);
  expect(warnings()).toHaveLength(2);
  const [success, ...failures] = await metrics();
  const [name, at] = success!.split(' ');
  expect(name).toBe('call_ledger_reconciliation_last_success_timestamp_seconds{tenant="default"}');
  expect(Number(at)).toBeGreaterThanOrEqual(before - 1);
  expect(failures).toEqual([
    'call_ledger_reconciliation_failures_total{cause="refused"} 1',
    'call_ledger_reconciliation_failures_total{cause="no_answer"} 1',
  ]);

  // It stands still while Retell is away, also for a process that has only just started.
  scene.line.fails(({ path, body }) =>
    path === '/v3/list-calls' && !body.includes('end_timestamp') ? { answer: () => 'no JSON' } : undefined,
  );
  const next = scene.start({ pace: { attempts: 1 } });
  await scene.run(next);
  expect(next.status()).toMatchObject({
    failures: { unreadable: 1 },
    readWhole: [{ tenantId: 'default', at: reconciliation.status().readWhole[0]!.at }],
  });
});

test.each([
  ['status_402', 'refused'],
  ['no_such_list', 'refused'],
  ['status_429', 'rate_limited'],
  ['status_503', 'server_error'],
  ['status_408', 'no_answer'],
  ['calls_not_answered', 'no_answer'],
  ['list_in_circles', 'unreadable'],
  ['out_of_time', 'out_of_time'],
  ['relation "calls" does not exist', 'error'],
])('%s is counted as %s', (cause, word) => expect(failureOf(cause)).toBe(word));

test('a tenant without a key neither fails nor succeeds', async () => {
  const reconciliation = scene.start({ retellApiKeyOf: () => undefined });
  await scene.run(reconciliation);
  expect(reconciliation.status()).toMatchObject({ failures: {}, readWhole: [] });
});
