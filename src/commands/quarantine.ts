import { isUtf8 } from 'node:buffer';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import { factsIn } from '../events/codec.ts';
import { type Decider, handle, overFacts } from '../events/decider.ts';
import { erasureIn } from '../events/erased.ts';
import { type EventLog, readLeft } from '../events/event-log.ts';
import { isTenantId, uuidOf } from '../events/identity.ts';
import { byCommand, endpoints } from '../events/metadata.ts';
import {
  DELIVERY_RELEASED,
  type DeliveryQuarantined,
  type DeliveryReleased,
  type QuarantineEvent,
  quarantineReasons,
} from '../events/raw-delivery.ts';
import { parseStream, prefixOf } from '../events/streams.ts';
import { examine } from '../evidence/evidence.ts';
import { type AdminAccess, adminRoute } from '../http/bearer.ts';
import { eventStoreUnavailable, problemRoutes } from '../http/failures.ts';
import { idPath } from '../http/parameters.ts';
import { json, problem, problemResponse, uncached } from '../http/problem.ts';
import type { Delivery } from '../retell/call-fact.ts';
import type { TenantDirectory } from '../tenants/tenant.ts';
import { accept } from './webhooks/accept.ts';
import { logAccepted } from './webhooks/answers.ts';
import type { Recorder } from './webhooks/record.ts';

/** `<tenant>.<digest of the body>`: the name of its stream without the category. */
type QuarantineId = string;

/** A delivery that was set aside, by the facts of its stream. */
type Quarantined = {
  readonly id: QuarantineId;
  readonly stream: string;
  readonly tenantId: string;
  readonly listed: DeliveryQuarantined;
  /** When a retry made a fact of it, and which. */
  readonly released?: DeliveryReleased & { readonly at: string };
  /** The bytes, and whether they still are what was signed. */
  readonly evidence:
    | Awaited<ReturnType<typeof examine>>
    | { readonly verdict: 'erased'; readonly delivery?: undefined };
};

/** Undefined: nothing is in quarantine under this id. Throws EventStoreUnavailable. */
async function readQuarantined(
  log: EventLog,
  tenants: TenantDirectory,
  id: QuarantineId,
): Promise<Quarantined | undefined> {
  const stream = `${prefixOf('quarantine')}${id}`;
  const { tenantId = '', id: digest = '' } = parseStream(stream) ?? {};
  if (!isTenantId(tenantId) || !/^[0-9a-f]{64}$/.test(digest)) return undefined;
  const events = await readLeft(log, stream);
  const found: { listed?: DeliveryQuarantined; released?: Quarantined['released'] } = {};
  for (const fact of factsIn(events)) {
    if (fact.type === 'DeliveryQuarantined') found.listed ??= fact.data;
    if (fact.type === 'DeliveryReleased') found.released ??= { ...fact.data, at: fact.recordedAt };
  }
  const { listed, released } = found;
  if (listed === undefined) return undefined; // the parts alone: its sender was answered 503, and sends it again
  const evidence = erasureIn(events)
    ? ({ verdict: 'erased' } as const)
    : await examine(events, { deliveryId: digest, sha256: digest }, tenants.get(tenantId));
  return { id, stream, tenantId, listed, ...(released && { released }), evidence };
}

/** The beginning of the body, for a person to look at. */
const beginningOf = (body: Uint8Array, maxBytes: number) => {
  const bytes = body.subarray(0, maxBytes);
  const truncated = bytes.length < body.length;
  // With `stream`, a character that the cut has split is left out instead of replaced.
  const content = isUtf8(body)
    ? {
        encoding: 'text' as const,
        content: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true }),
      }
    : { encoding: 'base64' as const, content: Buffer.from(bytes).toString('base64') };
  return { ...content, truncated };
};

/** One delivery in quarantine as an administrator reviews it, straight from the log. It is personal data. */
export const reviewQuarantined =
  (log: EventLog, tenants: TenantDirectory) => async (id: QuarantineId, maxBytes: number) => {
    const found = await readQuarantined(log, tenants, id);
    if (found === undefined) return undefined;
    const { tenantId, listed, released, evidence } = found;
    const { verdict, delivery: raw } = evidence;
    return {
      id,
      tenantId,
      endpoint: listed.endpoint,
      reason: listed.reason,
      receivedAt: listed.receivedAt,
      size: listed.size,
      ...(released && { released }),
      evidence: verdict,
      ...(raw && { keyId: raw.keyId, sha256: raw.sha256, body: beginningOf(raw.body, maxBytes) }),
    };
  };

type RetryDeps = {
  readonly log: EventLog;
  /** The same as the webhooks have: writes to one call must take turns. */
  readonly recorder: Recorder;
  readonly tenants: TenantDirectory;
  readonly logger: Logger;
};

type Retried =
  | { readonly outcome: 'recorded' | 'duplicate'; readonly callId: string; readonly factId: string }
  | {
      readonly outcome: 'still_quarantined';
      readonly reason: DeliveryQuarantined['reason'] | 'evidence_failed' | 'evidence_expired' | 'evidence_erased';
    };

/**
 * Treats the signed bytes as a fresh delivery under today's code and settings; they must still verify. Repeating it
 * does no harm. Undefined: no such delivery.
 */
export async function retryQuarantined(id: QuarantineId, deps: RetryDeps): Promise<Retried | undefined> {
  const { log, recorder, tenants, logger } = deps;
  const started = performance.now();
  const found = await readQuarantined(log, tenants, id);
  const tenant = found && tenants.get(found.tenantId);
  if (found === undefined || tenant === undefined) return undefined;
  const { verdict, delivery: raw } = found.evidence;
  if (verdict !== 'verified') return { outcome: 'still_quarantined', reason: `evidence_${verdict}` };

  const { body, sha256, signatureHeader, keyId, receivedAt } = raw;
  const endpoint = endpoints.find((name) => name === found.listed.endpoint);
  if (endpoint === undefined)
    throw new Error(`${found.stream} came in at "${found.listed.endpoint}", which is no more`);
  const delivery: Delivery = { tenant, endpoint, body, sha256, signatureHeader, keyId, receivedAt };
  // What is in quarantine was meant to be kept, whatever is kept of new ones.
  const accepted = await accept(delivery, { recorder, tenants, keepTranscriptUpdates: true });
  const form = /^v=/i.test(signatureHeader) ? 'timed' : 'bare';
  logAccepted(logger, accepted, delivery, form, Math.round(performance.now() - started));

  if (!('fact' in accepted)) {
    const reason = accepted.outcome === 'not_kept' ? found.listed.reason : accepted.reason;
    logger.info({ quarantine_id: id, outcome: 'still_quarantined', reason }, 'quarantine retried');
    return { outcome: 'still_quarantined', reason };
  }
  const { fact, outcome } = accepted;
  const metadata = { ...byCommand(found.tenantId, fact.callId), $causationId: fact.id };
  const release = { callId: fact.callId, factId: fact.id };
  await handle(log, found.stream, releasing, release, metadata, () => uuidOf('released', found.id, fact.id));
  logger.info({ quarantine_id: id, outcome, call_id: fact.callId }, 'quarantine retried');
  return { outcome, callId: fact.callId, factId: fact.id };
}

type Released = Extract<QuarantineEvent, { readonly type: typeof DELIVERY_RELEASED }>;

/** Releases a delivery once for each fact that it became. */
const releasing: Decider<readonly string[], DeliveryReleased, Released> = {
  initialState: [],
  evolve: overFacts<readonly string[], Released>({ DeliveryReleased: true }, (factIds, { data }) => [
    ...factIds,
    data.factId,
  ]),
  decide: (release, factIds) => (factIds.includes(release.factId) ? [] : [{ type: DELIVERY_RELEASED, data: release }]),
};

export const RetryAnswer = z
  .object({
    outcome: z.enum(['recorded', 'duplicate', 'still_quarantined']).openapi({
      description: '`duplicate`: the fact was on record already. Either way the delivery is released.',
    }),
    reason: z
      .enum([...quarantineReasons, 'evidence_failed', 'evidence_expired', 'evidence_erased'])
      .optional()
      .openapi({
        description: 'Why it is still in quarantine; `evidence_…`: its bytes no longer verify, or are gone.',
      }),
    callId: z.string().optional(),
    factId: z.string().optional(),
  })
  .openapi('QuarantineRetry');

/** `POST /api/quarantine/{id}/retry`, with ADMIN_KEY. */
export function quarantineRetryRoute(deps: RetryDeps & { readonly access: AdminAccess }): OpenAPIHono {
  const routes = problemRoutes(deps.logger);
  const common = adminRoute(deps.access, 'Quarantine', 'operations');
  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/quarantine/{id}/retry',
      operationId: 'retryQuarantined',
      summary: 'Try a delivery in quarantine again',
      description:
        'Reads the signed bytes as a fresh delivery would be read now, with the time of receipt, endpoint and evidence ' +
        'that they had then. What becomes a fact is released and no longer listed. May be repeated.',
      middleware: [
        common.middleware,
        // Until the tenants have been read, every signature would fail.
        async (c: Context, next: () => Promise<void>) => (deps.tenants.ready() ? next() : eventStoreUnavailable(c)),
      ],
      request: {
        params: idPath,
      },
      responses: {
        200: json(RetryAnswer, 'What became of it'),
        401: problemResponse('Not the admin key'),
        404: problemResponse('`not_found`: nothing is in quarantine under this id'),
        503: problemResponse('`event_store_unavailable`: the event store did not confirm; repeat the request'),
      },
    }),
    async (c) => {
      const retried = await retryQuarantined(c.req.valid('param').id, deps);
      if (retried === undefined)
        return problem(c, 404, 'not_found', { detail: 'Nothing is in quarantine under this id.' });
      return c.json(retried, 200, uncached);
    },
  );
  return routes;
}
