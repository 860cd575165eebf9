import { createRoute } from '@hono/zod-openapi';
import { idPath, only } from '../../http/parameters.ts';
import { problem } from '../../http/problem.ts';
import { apiKey, json, notFound, refusals } from '../answers.ts';
import type { AsTenant, QueryApp } from '../tenant-reads.ts';
import { Customer, customerOf } from './customer.ts';

/** Index: customers (tenant_id, id). */
export const getCustomer = (app: QueryApp, asTenant: AsTenant) =>
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/customers/{id}',
      operationId: 'getCustomer',
      tags: ['Customers'],
      summary: 'One customer',
      description: 'Encode the id: "+" is `%2B`.',
      security: apiKey,
      middleware: asTenant,
      request: { params: idPath, query: only({}) },
      responses: { 200: json(Customer, 'The customer.'), 404: notFound, ...refusals },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const row = await c.var.reads.customers().selectAll().where('id', '=', id).executeTakeFirst();
      return row ? c.json(customerOf(row), 200) : problem(c, 404, 'not_found');
    },
  );
