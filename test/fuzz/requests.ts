import type { Json } from '../../src/events/json.ts';
import type { Random } from '../../src/retell-emulator/random.ts';
import { oddJson, oddTexts } from './odd-values.ts';

type Parameter = { readonly name: string; readonly in: string };
type Operation = { readonly parameters?: readonly Parameter[]; readonly security?: readonly Record<string, unknown>[] };
export type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };

export type OddRequest = {
  readonly method: string;
  readonly path: string;
  readonly key: 'admin' | 'api' | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** What a route that writes is asked for where nothing about it is odd. */
const bodies: Readonly<Record<string, Json>> = {
  'PUT /api/appointments/{id}': { startsAt: '2026-12-10T14:30:00Z', status: 'scheduled', note: 'moved' },
  'POST /api/tickets/{id}/status': { status: 'closed', note: 'done' },
  'POST /api/call-sessions/{id}/archive': {},
  'POST /api/call-sessions/{id}/unarchive': {},
  'POST /api/calls': { fromNumber: '+442079460018', toNumber: '+447700900123', appointmentId: 'apt_1', variables: {} },
  'PUT /api/tenants/{id}': { name: 'Acme', timeZone: 'Europe/Berlin', defaultRegion: 'DE' },
  'PATCH /api/tenants/{id}': { fieldNames: { action_required: ['todo'] }, mail: { enabled: false, recipients: [] } },
  'POST /api/tenants/{id}/webhook-keys': {},
  'POST /api/tenants/{id}/api-keys': { scopes: ['read'] },
};

/** Not asked for: they never end, end what others need, or say truly that something is late. */
const LEFT_ALONE =
  /^(GET \/api\/live|GET \/health\/ready|POST .*\/(rebuild|verify|swap-back|cancel)|DELETE |POST .*webhooks)/;

/** Requests to every route of the document, with odd parameters and bodies; `ids` are some that exist. */
export function oddRequests(document: Document, ids: readonly string[]): (random: Random) => OddRequest {
  const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, path, method, operation }))
      .filter(({ route }) => !LEFT_ALONE.test(route)),
  );
  return (random) => {
    const { route, path, method, operation } = random.pick(routes);
    const text = () => (random.below(2) === 0 ? random.pick(ids) : random.pick(oddTexts));
    const parameters = operation.parameters ?? [];
    const query = parameters
      .filter((parameter) => parameter.in === 'query' && random.below(2) === 0)
      .map(({ name }) => `${encoded(name)}=${encoded(text())}`);
    const odd = random.below(5) === 0 ? [`${encoded(random.pick(oddTexts))}=1`] : [];
    const all = [...query, ...odd].join('&');
    const filled = path.replace(/\{[^}]+\}/g, () => encoded(text()) || '%20');
    const needs = operation.security?.[0] ?? {};
    const base = bodies[route];
    return {
      method: method.toUpperCase(),
      path: all === '' ? filled : `${filled}?${all}`,
      key: 'adminKey' in needs ? 'admin' : 'apiKey' in needs ? 'api' : undefined,
      headers: random.below(4) === 0 && base !== undefined ? { 'idempotency-key': `key ${random.below(50)}` } : {},
      ...(base !== undefined && { body: bodyFrom(base, random) }),
    };
  };
}

function bodyFrom(base: Json, random: Random): string {
  if (random.below(10) === 0) return JSON.stringify(oddJson(random));
  const body: Record<string, Json> = { ...(base as Record<string, Json>) };
  const names = Object.keys(body);
  if (random.below(3) > 0 && names.length > 0) body[random.pick(names)] = oddJson(random);
  if (random.below(6) === 0) body[random.pick(oddTexts)] = oddJson(random);
  return JSON.stringify(body);
}

/** As a careless client writes it: what is no Unicode goes as the bytes that it would be. */
function encoded(text: string): string {
  return Array.from(text, (c) => {
    const code = c.codePointAt(0)!;
    if (code < 0xd800 || code > 0xdfff) return encodeURIComponent(c);
    return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]
      .map((byte) => `%${byte.toString(16)}`)
      .join('');
  }).join('');
}
