import { z } from 'zod';
import { listed, type RetellCall } from './calls.ts';

// POST /v3/list-calls (docs/retell-api.md, "API") with the filters that the service asks by. Any other request is 400
// here, so that a test sees it.

const Criteria = z
  .strictObject({
    call_status: z.strictObject({
      type: z.literal('enum'),
      op: z.literal('in'),
      value: z.array(z.enum(['not_connected', 'ongoing', 'ended', 'error'])), // `registered` cannot be asked for
    }),
    end_timestamp: z.strictObject({
      type: z.literal('range'),
      op: z.literal('bt'),
      value: z.tuple([z.number(), z.number()]),
    }),
    metadata: z.array(
      z.strictObject({ type: z.literal('string'), op: z.literal('eq'), key: z.string(), value: z.string() }),
    ),
  })
  .partial();

const ListCalls = z.strictObject({
  filter_criteria: Criteria.default({}),
  limit: z.int().min(1).max(1000).default(50),
  pagination_key: z.string().optional(),
  sort_order: z.enum(['ascending', 'descending']).default('descending'),
});

const isWithin = (at: number | undefined, [from, to]: readonly [number, number]): boolean =>
  at !== undefined && at >= from && at <= to;

const fits = (call: RetellCall, { call_status, end_timestamp, metadata = [] }: z.infer<typeof Criteria>): boolean =>
  (!call_status || call_status.value.some((status) => status === call.call_status)) &&
  (!end_timestamp || isWithin(call.end_timestamp, end_timestamp.value)) &&
  metadata.every(({ key, value }) => call.metadata?.[key] === value);

const cursor = (callId: string) => Buffer.from(callId).toString('base64url');

/** `calls` in the order in which they were made; undefined: the request is not as documented (400). */
export function listCalls(body: unknown, calls: readonly RetellCall[]): object | undefined {
  const parsed = ListCalls.safeParse(body ?? {});
  if (!parsed.success) return undefined;
  const { filter_criteria, limit, pagination_key, sort_order } = parsed.data;
  const direction = sort_order === 'ascending' ? 1 : -1;
  // Retell does not document the place of a call that never connected; here it is by when it was made.
  const found = calls
    .map((call, made) => ({ call, made }))
    .filter(({ call }) => fits(call, filter_criteria))
    .sort((a, b) => direction * ((a.call.start_timestamp ?? 0) - (b.call.start_timestamp ?? 0) || a.made - b.made))
    .map(({ call }) => call);
  const last = found.findIndex(({ call_id }) => cursor(call_id) === pagination_key);
  if (pagination_key !== undefined && last < 0) return undefined;
  const items = found.slice(last + 1, last + 1 + limit);
  const has_more = last + 1 + limit < found.length;
  return {
    items: items.map(listed),
    has_more,
    ...(has_more && { pagination_key: cursor(items.at(-1)!.call_id) }),
  };
}
