import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Client, clientOf } from '../support/client.ts';
import { type Mailbox, openMailbox } from '../support/mailbox.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { dataDirectory, eventually } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';

// An address in a webhook is text that somebody else has written: whoever fetched it could be led into our own network.

let trap: Server;
let trapUrl: string;
let visits = 0;
let retell: Server;
let service: ServiceHere;
let client: Client;
let mailbox: Mailbox;
const cleanUp: (() => Promise<unknown>)[] = [];

const listen = async (server: Server) => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** A whole call with an address of ours wherever Retell puts one, and where a customer might. */
const call = (callId: string) => ({
  call_id: callId,
  call_type: 'phone_call',
  call_status: 'ended',
  direction: 'inbound',
  agent_id: 'agent_1',
  from_number: '+12025550142',
  to_number: '+12025550100',
  start_timestamp: Date.now() - 7_200_000,
  end_timestamp: Date.now() - 7_100_000,
  disconnection_reason: 'user_hangup',
  transcript: `User: see ${trapUrl}/in-transcript`,
  recording_url: `${trapUrl}/redirect`,
  recording_multi_channel_url: `${trapUrl}/multi`,
  scrubbed_recording_url: `${trapUrl}/scrubbed`,
  public_log_url: `${trapUrl}/log`,
  knowledge_base_retrieved_contents_url: `${trapUrl}/knowledge`,
  metadata: { callback_url: `${trapUrl}/metadata` },
  retell_llm_dynamic_variables: { url: `${trapUrl}/variable` },
  call_analysis: {
    call_summary: `<img src="${trapUrl}/summary.png">`,
    custom_analysis_data: { action_required: true, link: `${trapUrl}/custom` },
  },
});

beforeAll(async () => {
  trap = createServer((request, response) => {
    visits++;
    if (request.url === '/redirect') response.writeHead(302, { location: `${trapUrl}/elsewhere` });
    response.end();
  });
  trapUrl = await listen(trap);
  trap.on('connection', () => visits++);
  retell = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    const one = call('call_reconciled');
    response.end(JSON.stringify(request.method === 'GET' ? one : { items: [one], has_more: false }));
  });
  const [database, directory] = await Promise.all([createTestDatabase(inject('postgresUrl')), dataDirectory()]);
  mailbox = await openMailbox();
  service = await startServiceHere({
    ...{ DATA_DIR: directory.path, DATABASE_URL: database.url, SMTP_URL: mailbox.url, MAIL_WAIT_SECONDS: '0' },
    ...{ RETELL_BASE_URL: await listen(retell), RETELL_API_KEY: 'key', RECONCILE_AFTER_MINUTES: '0' },
  });
  client = await clientOf(service);
  await client.admin('PATCH', '/api/tenants/default', {
    mail: { enabled: true, recipients: ['team@example.test'] },
    agentEndpoints: { agent_1: 'retell-inbound-ticket' },
  });
  cleanUp.push(() => service.stop(), database.drop, directory.remove, mailbox.close);
});
afterAll(async () => {
  for (const step of cleanUp.reverse()) await step();
});

test('no address in a call is ever fetched: not at the door, nor for a mail, a history, an export or a reconciliation', async () => {
  const webhook = { event: 'call_analyzed', call: call('call_posted') };
  expect(await client.post(webhook, { path: '/api/webhooks/retell-inbound-ticket' })).toBe(204);
  await client.see('/api/call-sessions/call:call_posted', ({ recordingUrl }) => recordingUrl === `${trapUrl}/redirect`);
  // Since yesterday: years are read in slices, which takes minutes. Busy: the run at the start is not over.
  const since = new Date(Date.now() - 86_400_000).toISOString();
  await eventually(async () => (await client.admin('POST', '/api/reconciliation', { since })).status === 202);
  for (const id of ['call_posted', 'call_reconciled']) {
    await client.see(`/api/call-sessions/call:${id}`, ({ recordingUrl }) => recordingUrl === `${trapUrl}/redirect`);
    await client.see(`/api/tickets/tkt_${id}`, ({ mail }) => mail === 'sent');
    expect((await client.get(`/api/call-sessions/call:${id}/history`)).status).toBe(200);
  }
  await eventually(async () => mailbox.mails.length >= 2);
  const exported = await fetch(`${service.url}/api/export`, {
    headers: { authorization: `Bearer ${await service.key('ADMIN_KEY')}` },
  });
  expect(exported.status).toBe(200);
  expect(await exported.text()).toContain(`${trapUrl}/redirect`);
  expect(visits).toBe(0);
});
