import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, expect } from 'vitest';
import { openRecorder } from '../../../src/commands/webhooks/record.ts';
import { callStream } from '../../../src/events/streams.ts';
import { startProjections } from '../../../src/projections/engine/start.ts';
import { projections } from '../../../src/projections/index.ts';
import type { ReadModel } from '../../../src/projections/tables.ts';
import { readCoverage } from '../../../src/reactions/reconciliation/coverage.ts';
import type { RunOptions, RunReport, TenantReport } from '../../../src/reactions/reconciliation/run.ts';
import type { ReconciliationOptions } from '../../../src/reactions/reconciliation/run-all.ts';
import { type Reconciliation, startReconciliation } from '../../../src/reactions/reconciliation/start.ts';
import { type RetellOptions, startRetell } from '../../../src/retell-emulator/start.ts';
import type { Tenant } from '../../../src/tenants/tenant.ts';
import { type Door, directory, KEY, openDoor, tenant } from '../../commands/webhooks/door.ts';
import { startHostedStore } from '../../support/hosted-store.ts';
import { patientLog } from '../../support/patient-log.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { eventually } from '../../support/service.ts';
import { faultyLine } from './faulty-line.ts';

const lines: string[] = [];
export const logger = pino(
  { level: 'debug', base: null },
  {
    write(line: string) {
      lines.push(line);
      if (process.env.TEST_LOG) process.stderr.write(line);
    },
  },
);
export const logged = () => lines.join('');

export const hurry: ReconciliationOptions['pace'] = {
  ...{ requestsPerSecond: 500, timeoutMs: 10_000, attempts: 3, backOffMs: 10, maxWaitMs: 2000, concurrency: 8 },
};

/** What a busy machine may need: no test is about it. */
const BUSY_MS = 45_000;

/** A real event store, Postgres, read model, door and emulator, and a line to Retell that can fail. */
export async function startScene(options: RetellOptions & { readonly tenants?: readonly Tenant[] } = {}) {
  lines.length = 0; // of the file before, in the same worker
  const dataDir = await mkdtemp(join(tmpdir(), 'call-ledger-reconciliation-'));
  const [eventStore, database] = await Promise.all([startHostedStore({ dataDir }), createTestDatabase()]);
  const log = patientLog(eventStore.url);
  const tenants = directory(options.tenants ?? [tenant('default', [KEY])]);
  const running = await startProjections({ log, databaseUrl: database.url, projections: projections, logger });
  const pool = new pg.Pool({ connectionString: database.url, max: 3 });
  pool.on('error', () => {});
  const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool }) });
  await eventually(async () => {
    const { rows } = await pool.query(
      "select to_regclass('call_sessions') is not null and to_regclass('deliveries') is not null as there",
    );
    return rows[0].there as boolean;
  });
  const door: Door = await openDoor(log, { tenants });
  const retell = await startRetell({ pace: 0, ...options });
  const line = await faultyLine(retell.url);
  const started = new Set<Reconciliation>();
  const coverage = readCoverage(db);
  let sessions = 0;

  const start = (more: Partial<ReconciliationOptions> = {}): Reconciliation => {
    const { pace, ...rest } = more;
    const reconciliation = startReconciliation({
      ...{ log, tenants, databaseUrl: database.url, retellBaseUrl: line.url, logger, scheduled: false },
      ...{ everyMinutes: 15, afterMinutes: 0, recorder: openRecorder(log, 5000) },
      retellApiKeyOf: () => retell.apiKey,
      ...rest,
      pace: { ...hurry, ...pace },
    });
    started.add(reconciliation);
    return reconciliation;
  };

  const caughtUp = async () => {
    const head = await log.head();
    if (head !== undefined) await running.waitUntilCaughtUp(head, BUSY_MS);
  };

  return {
    ...{ log, tenants, pool, db, door, retell, line, start, caughtUp, coverage },
    eventStoreUrl: eventStore.url,
    databaseUrl: database.url,
    hook: { url: `${door.url}/api/webhooks/retell`, key: KEY },
    /** Has Retell call for a session of ours; answers Retell's id. */
    async call(story?: string, more: { metadata?: object; agent?: string } = {}): Promise<string> {
      const session = `cs_${++sessions}`;
      if (story !== undefined) retell.tell(session, story);
      const response = await fetch(`${retell.url}/v2/create-phone-call`, {
        method: 'POST',
        headers: { authorization: `Bearer ${retell.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          from_number: '+442079460018',
          to_number: '+447700900123',
          ...(more.agent !== undefined && { override_agent_id: more.agent }),
          metadata: { call_session_id: session, appointment_id: `apt_${session}`, ...more.metadata },
        }),
      });
      return ((await response.json()) as { call_id: string }).call_id;
    },
    async calls(n: number, story = 'confirmed'): Promise<string[]> {
      return Promise.all(Array.from({ length: n }, () => this.call(story)));
    },
    async run(reconciliation: Reconciliation, what?: RunOptions): Promise<RunReport> {
      await caughtUp();
      const report = await reconciliation.runNow(what);
      if (report === 'busy' || report.error !== undefined) throw new Error(report === 'busy' ? report : report.error);
      await caughtUp();
      return report;
    },
    facts: async (callId: string, tenantId = 'default') =>
      (await log.read(callStream(tenantId, callId))).map(({ type, id, metadata }) => ({
        ...{ type, id },
        ...(metadata as { source: string; endpoint: string }),
      })),
    async types(callId: string, tenantId = 'default') {
      return (await log.read(callStream(tenantId, callId))).map(({ type }) => type).sort();
    },
    session: async (callId: string) => {
      await caughtUp();
      const { rows } = await pool.query('select * from call_sessions where $1 = any(retell_call_ids)', [callId]);
      return rows[0] as { id: string; status: string; status_reason: string; tenant_id: string } | undefined;
    },
    /** All days in one. */
    async covered(tenantId = 'default') {
      const days = await coverage({ tenantId, from: new Date(0), to: new Date(Date.now() + 86_400_000) });
      return days.reduce(
        (sum, day) => ({
          retell: sum.retell + day.retell,
          log: sum.log + day.log,
          webhook: sum.webhook + day.facts.webhook,
          reconciliation: sum.reconciliation + day.facts.reconciliation,
          missing: sum.missing + day.missing,
          percent: Math.min(sum.percent, day.percent ?? 0),
        }),
        { retell: 0, log: 0, webhook: 0, reconciliation: 0, missing: 0, percent: 100 },
      );
    },
    eventually: <T>(ask: () => Promise<T | undefined | false>) => eventually(ask, { within: BUSY_MS }),
    async stop() {
      await Promise.all([...started].map((one) => one.stop()));
      await line.stop();
      await retell.stop();
      await door.close();
      await running.stop();
      await db.destroy();
      await log.close();
      await eventStore.stop();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
export type Scene = Awaited<ReturnType<typeof startScene>>;

/**
 * A scene of a test file's own and a reconciliation whose first run is over: no test leaves anything to the next one. To be
 * called at the top of the file.
 */
export async function sceneOfFile() {
  const scene = await startScene();
  const reconciliation = scene.start();
  await scene.run(reconciliation);
  afterEach(async () => {
    scene.line.clear();
    scene.retell.webhooksTo(undefined);
    const report = await scene.run(reconciliation, { since: Date.now() - 3_600_000 });
    expect(report.tenants[0]).toMatchObject({ phase: 'done', later: 0 });
  });
  afterAll(async () => {
    await scene.stop();
    // Nobody is named in the log, and no key.
    expect(logged()).toContain('reconciled');
    for (const secret of ['+447700900123', '+442079460018', scene.retell.apiKey])
      expect(logged()).not.toContain(secret);
  });
  /** What a run says of the one tenant. */
  const run = async (what?: RunOptions): Promise<TenantReport> => (await scene.run(reconciliation, what)).tenants[0]!;
  return { scene, reconciliation, run };
}
