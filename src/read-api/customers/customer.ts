import { z } from '@hono/zod-openapi';
import type { CustomerRow } from '../../projections/tables.ts';

const instant = z.iso.datetime({ precision: 3 });

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

/** What the row holds null for is undefined here, and so absent from the JSON. */
export const customerOf = (row: CustomerRow): Customer => ({
  id: row.id,
  tenantId: row.tenant_id,
  phone: row.phone,
  rawPhones: row.raw_phones,
  name: row.name ?? undefined,
  firstSeenAt: row.first_seen_at.toISOString(),
  lastSeenAt: row.last_seen_at.toISOString(),
  calls: row.calls,
});
