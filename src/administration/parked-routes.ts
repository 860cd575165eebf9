import { setTimeout as sleep } from 'node:timers/promises';
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Kysely } from 'kysely';
import { type EventLog, EventStoreUnavailable, readLeft } from '../events/event-log.ts';
import { requireAdmin } from '../http/bearer.ts';
import { badRequest, problem, problemResponse } from '../http/problem.ts';
import { type Projection, projectionCalled } from '../projections/engine/projection.ts';
import {
  findParked,
  findParkedStream,
  listParked,
  type ParkedItem,
  requestRedrive,
} from '../projections/runtime/parked-items.ts';
import { type AdministrationRoutesDeps, databaseOf, json, refusals, unavailable, uncached } from './answers.ts';
import { cursorOf, Parked, ParkedCursor, ParkedDetail, parkedOf, Redriven } from './parked-answers.ts';

export type ParkedRoutesDeps = AdministrationRoutesDeps & {
  readonly log: EventLog;
  readonly projections: readonly Pick<Projection, 'name' | 'replaces'>[];
  /** How long a redrive is waited for before the answer is that it is requested. */
  readonly redriveWithinMs?: number;
};

const Filter = z.strictObject({
  projection: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: ParkedCursor.optional(),
});
const Path = z.object({
  id: z
    .string()
    .max(200)
    .openapi({ param: { name: 'id', in: 'path' }, example: 'calls.1.1309' }),
});
const SHOWN = 200;
const ASK_EVERY_MS = 100;

/** Streams that a broken fact has set aside (A12), for whoever holds ADMIN_KEY. In every process. */
export function parkedRoutes(deps: ParkedRoutesDeps): OpenAPIHono {
  const { log, projections, redriveWithinMs = 5000 } = deps;
  const routes = new OpenAPIHono({ defaultHook: badRequest });
  routes.onError((error, c) =>
    error instanceof EventStoreUnavailable
      ? problem(c, 503, 'event_store_unavailable', { headers: { 'retry-after': '2' } })
      : unavailable(deps.logger)(error, c),
  );
  const common = { tags: ['Administration'], security: [{ adminKey: [] }], middleware: requireAdmin(deps.adminKey) };
  const notParked = problemResponse('`not_found`: nothing is parked under this id.');

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/parked',
      operationId: 'listParked',
      summary: 'Streams that are set aside because a fact of theirs breaks a projection, the newest first',
      request: { query: Filter },
      responses: {
        200: json(
          z.object({ items: z.array(Parked), nextCursor: z.string().nullable() }).openapi('ParkedPage'),
          'A page of them.',
        ),
        400: problemResponse('`invalid_request`'),
        ...refusals,
      },
    }),
    async (c) => {
      const { projection: called, limit, cursor } = c.req.valid('query');
      const projection = called === undefined ? called : (projectionCalled(projections, called) ?? called);
      const found = await listParked(await databaseOf(deps), { projection, limit: limit + 1, after: cursor });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      const nextCursor = found.length > limit && last ? cursorOf(last.place) : null;
      return c.json({ items: items.map(parkedOf), nextCursor }, 200, uncached);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/parked/{id}',
      operationId: 'getParked',
      summary: 'A parked stream, with what queues behind its broken fact',
      request: { params: Path },
      responses: { 200: json(ParkedDetail, 'It.'), 404: notParked, ...refusals },
    }),
    async (c) => {
      const item = await findParked(await databaseOf(deps), c.req.valid('param').id);
      if (!item) return unknown(c);
      const behind = await readLeft(log, item.stream, { from: item.revision + 1n, max: SHOWN });
      const waitingFacts = behind.map(({ position, revision, type, recordedAt }) => ({
        ...{ position: `${position}`, revision: Number(revision), type, recordedAt },
      }));
      return c.json({ ...parkedOf(item), waitingFacts }, 200, uncached);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/parked/{id}/redrive',
      operationId: 'redriveParked',
      summary: 'Try a parked stream again, from its broken fact on',
      description:
        'Carried out, in order and in one transaction, by the process that leads the projection. What breaks again stays parked.',
      request: { params: Path },
      responses: {
        200: json(Redriven, 'What came of it.'),
        202: json(Redriven, 'It is requested, and will be tried as soon as a process leads the projection.'),
        404: notParked,
        ...refusals,
      },
    }),
    async (c) => {
      const db = await databaseOf(deps);
      const before = await requestRedrive(db, c.req.valid('param').id);
      if (!before) return unknown(c);
      const { outcome, item } = await outcomeOf(db, before, redriveWithinMs);
      if (outcome === 'redriven') return c.json({ ...parkedOf(item), redriveRequested: false, outcome }, 200, uncached);
      const answer = { ...parkedOf(item), outcome };
      return outcome === 'requested' ? c.json(answer, 202, uncached) : c.json(answer, 200, uncached);
    },
  );
  return routes;
}

type Outcome = { readonly outcome: 'redriven' | 'still_parked' | 'requested'; readonly item: ParkedItem };

/** As it is once it was tried, or when the time is over. */
async function outcomeOf(db: Kysely<unknown>, requested: ParkedItem, withinMs: number): Promise<Outcome> {
  let item = requested;
  for (const limit = Date.now() + withinMs; ; await sleep(ASK_EVERY_MS)) {
    const now = await findParked(db, item.id);
    if (!now) {
      // Another generation may have taken the place of this one meanwhile, and have it parked as well.
      const again = await findParkedStream(db, item);
      if (!again) return { outcome: 'redriven', item };
      item = (await requestRedrive(db, again.id)) ?? again;
    } else if (now.attempts > item.attempts) return { outcome: 'still_parked', item: now };
    if (Date.now() > limit) return { outcome: 'requested', item: now ?? item };
  }
}

const unknown = (c: Context) =>
  problem(c, 404, 'not_found', {
    detail: 'Nothing is parked under this id: it never was, it has been redriven, or its projection was rebuilt.',
  }) as never;
