import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { NewsType } from '../../events/tenant-facts.ts';
import { Ticket } from '../../http/resources.ts';
import { AppointmentChanged, OutcomeChanged } from '../../read-api/live/feed-event.ts';
import type { DeliveryType } from './deliveries.ts';

const headers = z.object({
  'webhook-id': z.string().openapi({ description: 'The same across retries and replays: know repeats by it.' }),
  'webhook-timestamp': z.string().openapi({ description: 'Seconds since 1970, of this attempt.' }),
  'webhook-signature': z.string().openapi({
    description:
      '`v1,` and the HMAC-SHA256, in Base64, of `<webhook-id>.<webhook-timestamp>.<body>` under the secret; several with spaces while it is rotated.',
  }),
});

const kinds: Readonly<Record<DeliveryType, { readonly summary: string; readonly data: z.ZodType }>> = {
  'call.outcome.changed': { summary: 'The outcome of a call has changed', data: OutcomeChanged },
  'appointment.changed': { summary: 'A call or staff has changed an appointment', data: AppointmentChanged },
  'ticket.opened': { summary: 'A ticket needs somebody, for the first time or again', data: Ticket },
  'ticket.changed': { summary: 'A ticket has another status, or another who set it', data: Ticket },
  'endpoint.test': { summary: 'Asked for, to see whether messages come', data: z.object({ tenantId: z.string() }) },
};

/** What is sent to endpoints, for the section `webhooks` of the OpenAPI document. */
export function registerMessages(registry: OpenAPIHono['openAPIRegistry']): void {
  for (const [type, { summary, data }] of Object.entries(kinds) as [NewsType, (typeof kinds)[NewsType]][])
    registry.registerWebhook({
      method: 'post',
      path: type,
      tags: ['Outgoing webhooks'],
      operationId: `receive ${type}`.replace(/[ .](.)/g, (_, letter: string) => letter.toUpperCase()),
      summary,
      request: {
        headers,
        body: {
          content: {
            'application/json': {
              schema: z.object({
                type: z.literal(type),
                timestamp: z.iso.datetime().openapi({ description: 'When the change was recorded.' }),
                data,
              }),
            },
          },
        },
      },
      responses: {
        '2XX': { description: 'Received, within 15 seconds. 410: never again.' },
      },
    });
}
