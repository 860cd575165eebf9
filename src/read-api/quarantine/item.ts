import { z } from '@hono/zod-openapi';
import { quarantineReasons } from '../../events/raw-delivery.ts';
import type { QuarantineRow } from '../../projections/tables.ts';

const instant = z.iso.datetime();

/** docs/rules.md, "API shapes", Quarantine item. */
export const QuarantineItem = z
  .object({
    id: z.string().openapi({ example: 'default.9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' }),
    tenantId: z.string(),
    endpoint: z.string(),
    reason: z.enum(quarantineReasons),
    receivedAt: instant,
    size: z.int().openapi({ description: 'Bytes of the body.' }),
    released: z.object({ at: instant, callId: z.string(), factId: z.string() }).optional().openapi({
      description: 'When a retry found it to be a fact of a call, and which.',
    }),
  })
  .openapi('QuarantineItem');
export type QuarantineItem = z.infer<typeof QuarantineItem>;

export const QuarantineReview = QuarantineItem.extend({
  evidence: z.enum(['verified', 'failed', 'expired']).openapi({
    description: 'Whether the stored bytes still are what the webhook key signed.',
  }),
  keyId: z.string().optional().openapi({ description: 'Of the webhook key that signed it.' }),
  sha256: z.string().optional(),
  body: z
    .object({
      encoding: z.enum(['text', 'base64']).openapi({ description: '`text` where the whole body is UTF-8.' }),
      content: z.string(),
      truncated: z.boolean(),
    })
    .optional()
    .openapi({ description: 'What was sent. Personal data. Absent where it has expired.' }),
}).openapi('QuarantineReview');
export type QuarantineReview = z.infer<typeof QuarantineReview>;

export function quarantineItemOf(row: QuarantineRow): QuarantineItem {
  const { released_at: at, released_call_id: callId, released_fact_id: factId } = row;
  return {
    id: row.id,
    tenantId: row.tenant_id,
    endpoint: row.endpoint,
    reason: row.reason as QuarantineItem['reason'],
    receivedAt: row.received_at.toISOString(),
    size: row.size,
    ...(at && callId && factId ? { released: { at: at.toISOString(), callId, factId } } : {}),
  };
}
