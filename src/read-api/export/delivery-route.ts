import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { type EventLog, readLeft } from '../../events/event-log.ts';
import { DELIVERY_QUARANTINED } from '../../events/raw-delivery.ts';
import type { Recorded } from '../../events/recorded.ts';
import { prefixOf } from '../../events/streams.ts';
import { type AdminAccess, adminRoute } from '../../http/bearer.ts';
import { badRequest, json, problem, problemResponse, uncached } from '../../http/problem.ts';
import { unavailable } from '../query-routes.ts';
import { evidenceBehind } from './export-line.ts';
import type { ReadEvidence } from './export-lines.ts';

const POSITION = /^\d{1,19}$/;
/** `<tenant>.<digest of the body>` */
const QUARANTINED = /^[a-z0-9][a-z0-9_-]{0,62}\.[0-9a-f]{64}$/;

const RecordedDelivery = z
  .object({
    id: z.string(),
    tenantId: z.string(),
    evidence: z.enum(['verified', 'failed', 'expired']).openapi({
      description:
        '`verified`: the header still signs the bytes. `expired`: the bytes are gone, and so is what follows.',
    }),
    receivedAt: z.iso.datetime().optional(),
    keyId: z.string().optional(),
    signatureHeader: z.string().optional().openapi({ description: 'The `x-retell-signature` that came with it.' }),
    bodyBase64: z.base64().optional().openapi({ description: 'The body, byte for byte as it was signed.' }),
  })
  .openapi('RecordedDelivery');
export type RecordedDelivery = z.infer<typeof RecordedDelivery>;

type Dependencies = {
  readonly log: EventLog;
  readonly access: AdminAccess;
  readonly readEvidence: ReadEvidence;
};

/** `GET /api/deliveries/{id}`, with ADMIN_KEY: a webhook as Retell sent it, straight from the log. */
export function deliveryRoute({ log, access, readEvidence }: Dependencies): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: badRequest });
  app.onError(unavailable);

  /** The event that the delivery led to. Throws EventStoreUnavailable. */
  async function recordedAs(id: string): Promise<Recorded | undefined> {
    if (POSITION.test(id)) return log.at(BigInt(id));
    if (!QUARANTINED.test(id)) return undefined;
    const events = await readLeft(log, `${prefixOf('quarantine')}${id}`);
    return events.find(({ type }) => type === DELIVERY_QUARANTINED);
  }

  app.openapi(
    createRoute({
      ...adminRoute(access, 'Export', 'personal'),
      method: 'get',
      path: '/api/deliveries/{id}',
      operationId: 'getDelivery',
      summary: 'A webhook as it was delivered: the signed bytes and their signature',
      description:
        'By the position of the fact that it led to (`position` in a history), or by its id in quarantine. Personal data.',
      request: { params: z.object({ id: z.string() }) },
      responses: {
        200: json(RecordedDelivery, 'The delivery.'),
        401: problemResponse('Not the admin key'),
        404: problemResponse(
          '`not_found`: no fact is at this position and nothing is in quarantine under this id, or nothing was signed.',
        ),
        503: problemResponse('`event_store_unavailable`: try again after `Retry-After` seconds.'),
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const fact = await recordedAs(id);
      const reference = fact && evidenceBehind(fact);
      if (reference === undefined)
        return problem(c, 404, 'not_found', {
          detail: 'No signed delivery led to this position, or is in quarantine under this id.',
        });
      const { verdict, delivery } = await readEvidence(reference);
      const { receivedAt, keyId, signatureHeader, body } = delivery ?? {};
      return c.json(
        {
          ...{ id, tenantId: reference.tenantId, evidence: verdict },
          ...(body && { receivedAt, keyId, signatureHeader, bodyBase64: Buffer.from(body).toString('base64') }),
        },
        200,
        uncached,
      );
    },
  );
  return app;
}
