import { randomFrom } from '../../src/retell-emulator/random.ts';
import { startRetell } from '../../src/retell-emulator/start.ts';
import { type Client, clientOf } from '../support/client.ts';
import { openMailbox } from '../support/mailbox.ts';
import { dataDirectory, eventually, type RunningService, startService } from '../support/service.ts';
import { extremes, idsOf, oddDelivery } from './deliveries.ts';
import { type Document, type OddRequest, oddRequests } from './requests.ts';

type Service = Pick<RunningService, 'url' | 'key' | 'logs'> & { stop(): Promise<unknown> };
type Start = (environment: Readonly<Record<string, string>>) => Promise<Service>;

export type FuzzOptions = {
  readonly inputs: number;
  readonly seed: number;
  /** Of the service, beside what the fuzzer sets; without `DATABASE_URL` it has an embedded Postgres. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Starts the service; in a process of its own when absent. */
  readonly start?: Start;
  readonly print: (line: string) => void;
};

export type FuzzReport = {
  readonly answers: ReadonlyMap<string, number>;
  readonly slowestMs: number;
  /** Each thing that must not be, in words; personal data is made up here. */
  readonly problems: readonly string[];
};

const SLOW_MS = 5000;
const AT_ONCE = 8;
const RETELL_KEY = 'key_of_the_emulator';
const ENDPOINTS = ['retell', 'retell-inbound-ticket', 'retell-outbound-ticket'] as const;
/** `default`, and one whose zone and names are its own. */
const OTHER = { id: 'harbour', key: 'harbour-webhook-key-0123456789' };

/**
 * Sends deliveries with valid signatures and odd content, and odd requests to every other route, to a service with
 * stores of its own. What must hold: no 5xx, no answer slower than five seconds, nothing parked, nothing that could not
 * be translated, and a read model that a rebuild makes again.
 */
export async function runFuzz({
  inputs,
  seed,
  environment = {},
  start = startService,
  print,
}: FuzzOptions): Promise<FuzzReport> {
  await using world = await openWorld(start, environment);
  const { service, client } = world;
  const problems: string[] = [];
  const answers = new Map<string, number>();
  let slowestMs = 0;
  const noted = async (about: string, send: () => Promise<number>) => {
    const begun = performance.now();
    const status = await send();
    const ms = performance.now() - begun;
    slowestMs = Math.max(slowestMs, ms);
    const kind = `${about.split(' ')[0]} ${status}`;
    answers.set(kind, (answers.get(kind) ?? 0) + 1);
    if (status >= 500) problems.push(`${status}: ${about}`);
    if (ms > SLOW_MS && !about.includes('/api/export')) problems.push(`${Math.round(ms)} ms: ${about}`);
    return status;
  };

  const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as Document;
  const calls = Math.max(1, Math.floor(inputs / 3));
  const someIds = Array.from({ length: 20 }, (_, number) => idsOf(number)).flatMap(({ call, session, appointment }) => [
    call,
    `call:${call}`,
    `tkt_${call}`,
    session,
    appointment,
  ]);
  const oddRequest = oddRequests(document, [...someIds, 'default', OTHER.id, 'call_sessions']);
  const one = async (i: number) => {
    const random = randomFrom(seed * 1_000_003 + i);
    if (i % 5 === 4) {
      const request = oddRequest(random);
      await noted(`${request.method} ${request.path} ${request.body ?? ''}`, () => ask(client, service, request));
      return;
    }
    const number = random.below(calls);
    const body = oddDelivery(random, number);
    const isOther = random.below(3) === 0;
    const path = `${isOther ? `/t/${OTHER.id}` : ''}/api/webhooks/${random.pick(ENDPOINTS)}`;
    const status = await noted(`webhook ${i} of seed ${seed}`, () =>
      client.post(body, { path, ...(isOther && { key: OTHER.key }) }),
    );
    if (status !== 204 && status !== 200) problems.push(`webhook ${i} of seed ${seed} was answered ${status}`);
  };
  const everyExtreme = extremes();
  await inParallel(everyExtreme.length, async (i) => {
    for (const endpoint of ENDPOINTS)
      await noted(`webhook ${everyExtreme[i]}`, () =>
        client.post(everyExtreme[i]!, { path: `/t/${OTHER.id}/api/webhooks/${endpoint}`, key: OTHER.key }),
      );
  });
  await inParallel(inputs, one, (done) => print(`${done} of ${inputs} sent, ${problems.length} problems`));

  await caughtUp(client);
  print('all is projected; reading it back');
  const readBack = Array.from({ length: Math.min(calls, 300) }, (_, i) => i).flatMap(readsOf);
  await inParallel(readBack.length, async (i) => {
    const request = readBack[i]!;
    await noted(`${request.method} ${request.path}`, () => ask(client, service, request));
  });
  await noted('GET /api/export', () =>
    ask(client, service, { ...READ, path: '/api/export?evidence=true', key: 'admin' }),
  );
  print('rebuilding and verifying');
  problems.push(...(await parkedNow(client)), ...(await rebuiltAndVerified(client)), ...wrongInLogs(service.logs));
  return { answers, slowestMs, problems };
}

/** With a Retell that dials, and a mail server. */
async function openWorld(start: Start, environment: Readonly<Record<string, string>>) {
  const [directory, mailbox, retell] = await Promise.all([
    dataDirectory(),
    openMailbox(),
    startRetell({ apiKey: RETELL_KEY, pace: 1000 }),
  ]);
  const service = await start({
    DATA_DIR: directory.path,
    SMTP_URL: mailbox.url,
    MAIL_WAIT_SECONDS: '0',
    RETELL_API_KEY: RETELL_KEY,
    RETELL_BASE_URL: retell.url,
    ...environment,
  });
  const client = await clientOf(service);
  await client.see('/health/ready');
  const mail = { enabled: true, recipients: ['desk@example.test'] };
  await client.admin('PATCH', '/api/tenants/default', { mail });
  const fieldNames = { appointment_confirmed: ['Bestätigt'], new_appointment_datetime: ['Neuer Termin'] };
  const settings = { timeZone: 'America/New_York', defaultRegion: 'US', fieldNames, mail };
  await client.admin('PUT', `/api/tenants/${OTHER.id}`, settings);
  await client.admin('POST', `/api/tenants/${OTHER.id}/webhook-keys`, { key: OTHER.key });
  return {
    service,
    client,
    async [Symbol.asyncDispose]() {
      await service.stop();
      await Promise.all([retell.stop(), mailbox.close(), directory.remove()]);
    },
  };
}

const READ = { method: 'GET', key: 'api', headers: {} } as const satisfies Partial<OddRequest>;
const readsOf = (number: number): OddRequest[] => {
  const { call, session, appointment } = idsOf(number);
  const ticket = `tkt_${call}`;
  return [`call:${call}`, session]
    .flatMap((id) =>
      ['', '/history', '/deliveries', `?at=${number * 7}`].map((rest) => `/api/call-sessions/${id}${rest}`),
    )
    .concat(`/api/appointments/${appointment}`, `/api/appointments/${appointment}?at=${number * 5}`)
    .concat(`/api/tickets/${ticket}`, `/api/tickets/${ticket}?at=${number * 5}`)
    .map((path): OddRequest => ({ ...READ, path }))
    .concat({ ...READ, path: `/api/tenants/default/tickets/${ticket}/mail`, key: 'admin' });
};

async function ask(client: Client, { url }: Service, { method, path, key, headers, body }: OddRequest) {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...headers,
      ...(key && { authorization: `Bearer ${client.keys[key]}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function inParallel(count: number, work: (i: number) => Promise<void>, told?: (done: number) => void) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const i = next++;
      await work(i);
      if (told && i % 1000 === 999) told(i + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

type Standing = { readonly name: string; readonly lagEvents: number | null; readonly caughtUp: boolean };

const standing = async (client: Client) => (await client.admin('GET', '/api/projections')).body.items as Standing[];

const caughtUp = (client: Client) =>
  eventually(async () => (await standing(client)).every((one) => one.lagEvents === 0 && one.caughtUp), {
    what: 'the end of the log in every projection',
    within: 300_000,
    every: 250,
  });

type Parked = { readonly stream: string; readonly projection: string; readonly error: string };

async function parkedNow(client: Client): Promise<string[]> {
  const { body } = await client.admin('GET', '/api/parked?limit=50');
  return (body.items as Parked[]).map(
    ({ stream, projection, error }) => `${stream} is parked in ${projection}: ${error}`,
  );
}

async function rebuiltAndVerified(client: Client): Promise<string[]> {
  const names = (await standing(client)).map(({ name }) => name);
  const outcomes: (string | undefined)[] = [];
  for (const kind of ['rebuild', 'verify'] as const)
    outcomes.push(...(await Promise.all(names.map((name) => wrongWith(client, kind, name)))));
  return outcomes.filter((wrong) => wrong !== undefined);
}

async function wrongWith(client: Client, kind: 'rebuild' | 'verify', name: string): Promise<string | undefined> {
  const { body } = await client.admin('POST', `/api/projections/${name}/${kind}`);
  const { state, result, error } = await eventually(
    async () => {
      const { body: now } = await client.admin('GET', `/api/operations/${body.operationId}`);
      return now.state !== 'queued' && now.state !== 'running' && now;
    },
    { what: `the end of ${kind} ${name}`, within: 300_000, every: 250 },
  );
  const { equal = true, parked = 0 } = (result ?? {}) as { equal?: boolean; parked?: number };
  const isWell = state === 'succeeded' && equal && parked === 0;
  return isWell ? undefined : `${kind} ${name}: ${state} ${JSON.stringify(error ?? result)}`;
}

/** Whatever nobody has foreseen is logged as an error. */
function wrongInLogs(lines: readonly string[]): string[] {
  const errors = lines.filter((line) => line.includes('"level":50') || line.includes('"level":60'));
  return errors.slice(0, 20).map((line) => `logged: ${line.slice(0, 500)}`);
}
