import { eventually, type RunningService, sign } from './service.ts';

type Json = Record<string, unknown>;
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Json };

/** What Retell, another service and an administrator do with a running service. */
export async function clientOf(service: Pick<RunningService, 'url' | 'key'>) {
  const keys = {
    webhook: await service.key('RETELL_WEBHOOK_SECRET'),
    api: await service.key('API_KEY'),
    admin: await service.key('ADMIN_KEY'),
  };
  const request = async (method: string, path: string, key: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${service.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text ? (JSON.parse(text) as Json) : {} };
  };
  const get = (path: string) => request('GET', path, keys.api);

  return {
    keys,
    request,
    get,
    admin: (method: string, path: string, body?: unknown) => request(method, path, keys.admin, body),
    /** Signs a webhook and posts it; answers the status. */
    async post(
      webhook: unknown,
      { path = '/api/webhooks/retell', key = keys.webhook, headers = {} } = {},
    ): Promise<number> {
      const body = Buffer.isBuffer(webhook) || typeof webhook === 'string' ? webhook : JSON.stringify(webhook);
      const response = await fetch(`${service.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-retell-signature': sign(body, key), ...headers },
        body: typeof body === 'string' ? body : new Uint8Array(body),
      });
      await response.arrayBuffer();
      return response.status;
    },
    /** The resource as soon as it is there and as the test wants it. */
    see: (path: string, wanted: (body: Json) => boolean = () => true, within?: number): Promise<Json> =>
      eventually(
        async () => {
          const { status, body } = await get(path);
          return status === 200 && wanted(body) && body;
        },
        { what: `${path} as wanted`, ...(within === undefined ? {} : { within }) },
      ),
  };
}
export type Client = Awaited<ReturnType<typeof clientOf>>;

/** Issues an API key of `default`; a service whose stores have just come back may need to be asked again. */
export const apiKeyFrom = ({ admin }: Client, scope: 'read' | 'write'): Promise<string> =>
  eventually(
    async () => {
      const { status, body } = await admin('POST', '/api/tenants/default/api-keys', { scopes: [scope] });
      return status < 300 && (body.key as string);
    },
    { what: 'an API key' },
  );
