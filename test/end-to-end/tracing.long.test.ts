import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { EventLog } from '../../src/events/event-log.ts';
import { tracedLog } from '../../src/events/tracing.ts';
import { type Client, clientOf } from '../support/client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { about, sample } from '../support/samples.ts';
import { dataDirectory, eventually, type RunningService, startService } from '../support/service.ts';

type Span = { traceId: string; spanId: string; parentSpanId?: string; name: string; attributes: unknown };
type Exported = { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };

/** What a collector was sent, as OTLP's JSON. */
const bodies: string[] = [];
const spans = (): Span[] =>
  bodies.flatMap((body) =>
    (JSON.parse(body) as Exported).resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap((scope) => scope.spans),
    ),
  );
const collector = createServer(async (request, response) => {
  if (request.url === '/v1/traces') bodies.push(await text(request));
  response.setHeader('content-type', 'application/json').end('{}');
});

let service: RunningService;
let client: Client;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const [database, directory] = await Promise.all([createTestDatabase(inject('postgresUrl')), dataDirectory()]);
  service = await startService({
    DATA_DIR: directory.path,
    DATABASE_URL: database.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  });
  cleanUp.push(service.stop, database.drop, directory.remove);
  client = await clientOf(service);
});
afterAll(async () => {
  for (const step of cleanUp) await step();
  await new Promise((resolve) => collector.close(resolve));
});

test('one trace leads from a webhook over the log to its row, and names nobody', async () => {
  const webhook = about(sample('01'), { call: 'call_traced' });
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  expect(await client.post(webhook, { headers })).toBe(204);

  const inTrace = await eventually(
    async () => {
      const found = spans().filter((span) => span.traceId === traceId);
      return found.some(({ name }) => name.startsWith('project calls Call')) && found;
    },
    { what: 'the span of the row' },
  );
  const [door] = inTrace.filter(({ name }) => name === 'POST /api/webhooks/retell');
  const [append] = inTrace.filter(({ name }) => name === 'append call');
  const [row] = inTrace.filter(({ name }) => name.startsWith('project calls'));
  expect(door?.parentSpanId).toBe('b7ad6b7169203331');
  expect(append?.parentSpanId).toBe(door?.spanId);
  expect(row?.parentSpanId).toBe(append?.spanId);

  await client.get('/api/call-sessions?phone=%2B4915112345678');
  await eventually(async () => spans().some(({ name }) => name === 'GET /api/call-sessions'), { what: 'the read' });
  const { call } = webhook;
  for (const personal of ['call_traced', '4915112345678', call.from_number, call.to_number])
    expect(bodies.join()).not.toContain(personal);
  expect(service.logs.some((line) => line.includes(`"trace_id":"${traceId}"`))).toBe(true);
});

test('without the variables nothing is wrapped', () => {
  const log = {} as EventLog;
  expect(tracedLog(log)).toBe(log);
});
