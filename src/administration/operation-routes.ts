import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { adminRoute } from '../http/bearer.ts';
import { problemRoutes } from '../http/failures.ts';
import { limitParameter, pathId } from '../http/parameters.ts';
import { json, problem, problemResponse, uncached } from '../http/problem.ts';
import { cancelOperation, findOperation, listOperations } from '../projections/engine/operations.ts';
import { type AdministrationRoutesDeps, answerOf, databaseOf, OperationAnswer, refusals } from './answers.ts';

const uuid = z.guid();
const Path = z.object({ id: pathId('id', (value) => uuid.safeParse(value).data) });
const unknownOperation = problemResponse('`unknown_operation`');

/** The operations on projections and their results, for administrators; every process serves them. */
export function operationRoutes(deps: AdministrationRoutesDeps): OpenAPIHono {
  const routes = problemRoutes(deps.logger);
  const common = adminRoute(deps.access, 'Projections', 'operations');

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/operations',
      operationId: 'listOperations',
      summary: 'What was requested of projections, the newest first',
      request: { query: z.strictObject({ limit: limitParameter }) },
      responses: {
        200: json(z.object({ items: z.array(OperationAnswer) }).openapi('Operations'), 'The newest.'),
        400: problemResponse('`invalid_request`'),
        ...refusals,
      },
    }),
    async (c) => {
      const all = await listOperations(await databaseOf(deps), c.req.valid('query').limit);
      return c.json({ items: all.map(answerOf) }, 200, uncached);
    },
  );

  routes.openapi(
    createRoute({
      // The result of a verification quotes rows.
      ...adminRoute(deps.access, 'Projections', 'operations', true),
      method: 'get',
      path: '/api/operations/{id}',
      operationId: 'getOperation',
      summary: 'How an operation stands',
      request: { params: Path },
      responses: {
        200: json(OperationAnswer, 'As it stands.'),
        400: problemResponse('`invalid_request`'),
        404: unknownOperation,
        ...refusals,
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const operation = id === '' ? undefined : await findOperation(await databaseOf(deps), id);
      return operation ? c.json(answerOf(operation), 200, uncached) : unknown(c);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/operations/{id}/cancel',
      operationId: 'cancelOperation',
      summary: 'Cancel an operation',
      description: 'What it has half built is dropped; the live generation serves on.',
      request: { params: Path },
      responses: {
        200: json(OperationAnswer, 'It is cancelled.'),
        400: problemResponse('`invalid_request`'),
        404: unknownOperation,
        409: problemResponse('`operation_over`: it has succeeded or failed.'),
        ...refusals,
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const operation = id === '' ? undefined : await cancelOperation(await databaseOf(deps), id);
      if (!operation) return unknown(c);
      if (operation.state !== 'cancelled')
        return problem(c, 409, 'operation_over', {
          detail: `It has ${operation.state} already.`,
          operationId: operation.id,
        });
      return c.json(answerOf(operation), 200, uncached);
    },
  );
  return routes;
}

const unknown = (c: Context) => problem(c, 404, 'unknown_operation', { detail: 'There is no operation with this id.' });
