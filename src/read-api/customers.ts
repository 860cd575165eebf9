import { createRoute, z } from '@hono/zod-openapi';
import { sql } from 'kysely';
import { idPath, only, plainText } from '../http/parameters.ts';
import { problem } from '../http/problem.ts';
import { instant } from '../http/resources.ts';
import { itemMaker, json, notFound, queryRoute, refusals } from './answers.ts';
import { listParameters, pageSchema, sizeOf, sizeOfText } from './keyset.ts';
import type { AsTenant, QueryApp, TenantReads } from './tenant-reads.ts';

/** docs/rules.md, "API shapes". What is not known is absent. */
export const Customer = z
  .object({
    id: z.string(),
    tenantId: z.string(),
    phone: z.string().openapi({ description: 'In E.164.', example: '+4930123456' }),
    rawPhones: z.array(z.string()).openapi({ description: 'Every spelling in which the number came.' }),
    name: z.string().optional(),
    firstSeenAt: instant,
    lastSeenAt: instant,
    calls: z.int().openapi({ description: 'How many calls there were with this number.' }),
  })
  .openapi('Customer');

export type Customer = z.infer<typeof Customer>;

export const customerOf = itemMaker('customers', Customer);

/**
 * The spellings that a number in a URL may mean: unchanged, and with the "+" that becomes a space where a client does
 * not encode it.
 */
const spellings = (text: string): string[] => [...new Set([text, text.trim(), text.replace(/^ /, '+')])];

/** People write separators between the digits, which mean nothing. */
const inE164 = (spelling: string): string => spelling.replaceAll(/[\s().\-/\u00a0]/g, '');

const Filter = listParameters({
  phone: plainText(128).regex(/\d/, 'must be a phone number').transform(spellings).optional().openapi({
    type: 'string',
    description: 'This number: in E.164, e.g. +4930123456, or in a spelling in which it came with a call.',
  }),
});
type Filter = z.infer<typeof Filter>;

/** Indexes: the page's own (keyset.ts), (tenant_id, phone), and gin (raw_phones). */
const filtered = (reads: TenantReads, { phone }: Filter) =>
  reads
    .customers()
    .selectAll()
    .$if(phone !== undefined, (q) =>
      q.where((is) =>
        is.or([is('phone', 'in', phone!.map(inE164)), sql<boolean>`${sql.ref('raw_phones')} && ${phone!}::text[]`]),
      ),
    );

export const listCustomers = (app: QueryApp, asTenant: AsTenant) =>
  app.openapi(
    createRoute({
      ...queryRoute(asTenant, 'Customers'),
      path: '/api/customers',
      operationId: 'listCustomers',
      summary: 'Customers, newest first',
      description: 'By the time they became known descending, then `id`.',
      request: { query: Filter },
      responses: { 200: json(pageSchema(Customer, 'CustomerPage'), 'A page of customers.'), ...refusals },
    }),
    async (c) => {
      const filter = c.req.valid('query');
      const { rows, nextCursor } = await c.var.reads.page(filtered(c.var.reads, filter), filter, [
        sizeOf('raw_phones'),
        sizeOfText('name'),
      ]);
      return c.json({ items: rows.map(customerOf), nextCursor }, 200);
    },
  );

/** Index: customers (tenant_id, id). */
export const getCustomer = (app: QueryApp, asTenant: AsTenant) =>
  app.openapi(
    createRoute({
      ...queryRoute(asTenant, 'Customers'),
      path: '/api/customers/{id}',
      operationId: 'getCustomer',
      summary: 'One customer',
      description: 'Encode the id: "+" is `%2B`.',
      request: { params: idPath, query: only({}) },
      responses: { 200: json(Customer, 'The customer.'), 404: notFound, ...refusals },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const row = await c.var.reads.customers().selectAll().where('id', '=', id).executeTakeFirst();
      return row ? c.json(customerOf(row), 200) : problem(c, 404, 'not_found');
    },
  );
