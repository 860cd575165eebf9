import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Endpoint } from '../../events/metadata.ts';
import { problemResponse } from '../../http/problem.ts';

const ABOUT: Readonly<Record<Endpoint, string>> = {
  retell: 'Call events of appointment and reminder agents.',
  'retell-inbound-ticket': 'Call events of inbound agents; they make tickets.',
  'retell-outbound-ticket': 'Call events of outbound agents; they make tickets.',
};

const Webhook = z
  .looseObject({ event: z.string(), call: z.looseObject({ call_id: z.string() }).optional() })
  .openapi('RetellWebhook', { description: 'Only `event` and `call.call_id` are needed; all else is optional.' });

const signature = z.object({
  'x-retell-signature': z
    .string()
    .openapi({ example: 'v=1793613600180,d=2e05338b…', description: 'HMAC-SHA256 of the body and v' }),
});
const named = {
  path: z.object({ tenant: z.string() }),
  header: z.object({
    'x-tenant-id': z.string().optional().openapi({ description: 'Where neither path nor subdomain names it' }),
  }),
};

/** Documents a webhook; the door itself validates, since a signature covers bytes and not what a parser makes of them. */
export function describeRoute(registry: OpenAPIHono['openAPIRegistry'], path: string, endpoint: Endpoint): void {
  const byPath = path.includes(':tenant');
  registry.registerPath({
    method: 'post',
    path: path.replace(':tenant', '{tenant}'),
    tags: ['Webhooks'],
    summary: ABOUT[endpoint],
    security: [],
    request: {
      headers: byPath ? signature : signature.extend(named.header.shape),
      ...(byPath ? { params: named.path } : {}),
      body: { required: true, content: { 'application/json': { schema: Webhook } } },
    },
    responses: {
      204: { description: 'Recorded: the fact is on disk. Also duplicates, unknown events and quarantined bodies.' },
      200: {
        description: 'To `call_inbound`: the call goes on with the agent it is bound to.',
        content: { 'application/json': { schema: z.object({ call_inbound: z.object({}) }) } },
      },
      401: problemResponse('`sig_missing`, `sig_malformed`, `sig_stale` or `sig_mismatch`; unknown tenants too'),
      408: problemResponse('`body_too_slow`'),
      413: problemResponse('`body_too_large`'),
      429: problemResponse('`rate_limited`: too many unverified requests from this address; see Retry-After'),
      503: problemResponse('`store_unavailable`: the event store did not confirm; see Retry-After'),
    },
  });
}
