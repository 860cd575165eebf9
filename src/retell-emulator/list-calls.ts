import { z } from 'zod';
import { listed, type RetellCall } from './calls.ts';

// POST /v3/list-calls as docs/retell-api.md, "API" and the SDK's types describe it. Strict: a filter that Retell does
// not have is 400 here, so that a test sees it.

const key = z.string().optional();
const StringFilter = z.strictObject({
  type: z.literal('string'),
  op: z.enum(['eq', 'ne', 'sw', 'ew', 'co']),
  value: z.string(),
  key,
});
const NumberFilter = z.strictObject({
  type: z.literal('number'),
  op: z.enum(['eq', 'ne', 'gt', 'ge', 'lt', 'le']),
  value: z.number(),
  key,
});
const BooleanFilter = z.strictObject({ type: z.literal('boolean'), op: z.literal('eq'), value: z.boolean(), key });
const RangeFilter = z.strictObject({
  type: z.literal('range'),
  op: z.literal('bt'),
  value: z.tuple([z.number(), z.number()]),
  key,
});
const EnumFilter = z.strictObject({ type: z.literal('enum'), op: z.literal('in'), value: z.array(z.string()), key });
const PresentFilter = z.strictObject({ type: z.literal('present'), op: z.enum(['pr', 'np']), key });

const ofNumber = z.union([NumberFilter, RangeFilter]);
const ofText = z.union([StringFilter, EnumFilter]);
const byKey = z.array(z.union([StringFilter, NumberFilter, BooleanFilter, RangeFilter, EnumFilter, PresentFilter]));
const oneOf = (words: readonly string[]) => z.strictObject({ ...EnumFilter.shape, value: z.array(z.enum(words)) });

const Criteria = z
  .strictObject({
    agent: z.array(z.strictObject({ agent_id: z.string(), version: z.array(z.number()).optional() })),
    call_id: ofText,
    // `registered` cannot be asked for.
    call_status: oneOf(['not_connected', 'ongoing', 'ended', 'error']),
    call_type: oneOf(['web_call', 'phone_call']),
    direction: oneOf(['inbound', 'outbound']),
    disconnection_reason: EnumFilter,
    from_number: StringFilter,
    to_number: StringFilter,
    start_timestamp: ofNumber,
    end_timestamp: ofNumber,
    duration_ms: ofNumber,
    in_voicemail: BooleanFilter,
    call_successful: BooleanFilter,
    user_sentiment: EnumFilter,
    metadata: byKey,
    custom_analysis_data: byKey,
    dynamic_variables: byKey,
  })
  .partial();

const ListCalls = z
  .strictObject({
    filter_criteria: Criteria.optional(),
    include_total: z.boolean().optional(),
    limit: z.int().min(1).max(1000).default(50),
    pagination_key: z.string().optional(),
    skip: z.int().min(0).optional(),
    sort_order: z.enum(['ascending', 'descending']).default('descending'),
  })
  .refine(({ skip, pagination_key }) => skip === undefined || pagination_key === undefined);

type Filter = {
  readonly type: string;
  readonly op: string;
  readonly value?: unknown;
  readonly key?: string | undefined;
};

function matches(actual: unknown, { type, op, value }: Filter): boolean {
  if (op === 'pr' || op === 'np') return (actual !== undefined && actual !== null) === (op === 'pr');
  if (op === 'in') return (value as unknown[]).includes(actual);
  if (op === 'ne') return actual !== value;
  if (op === 'eq') return actual === value;
  if (type === 'string') {
    const [text, part] = [actual, value as string];
    if (typeof text !== 'string') return false;
    return op === 'sw' ? text.startsWith(part) : op === 'ew' ? text.endsWith(part) : text.includes(part);
  }
  if (typeof actual !== 'number') return false;
  if (op === 'bt') {
    const [low, high] = value as [number, number];
    return actual >= low && actual <= high;
  }
  const limit = value as number;
  return op === 'gt' ? actual > limit : op === 'ge' ? actual >= limit : op === 'lt' ? actual < limit : actual <= limit;
}

const keyed: Readonly<Record<string, (call: RetellCall) => Readonly<Record<string, unknown>> | undefined>> = {
  metadata: (call) => call.metadata,
  custom_analysis_data: (call) => call.call_analysis?.custom_analysis_data,
  dynamic_variables: (call) => call.retell_llm_dynamic_variables,
};
const analysed: ReadonlySet<string> = new Set(['in_voicemail', 'call_successful', 'user_sentiment']);

const fits = (call: RetellCall, criteria: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(criteria).every(([field, wanted]) => {
    if (field === 'agent')
      return (wanted as { agent_id: string; version?: number[] }[]).some(
        ({ agent_id, version }) =>
          call.agent_id === agent_id && (!version?.length || version.includes(call.agent_version)),
      );
    const values = keyed[field];
    if (values) return (wanted as Filter[]).every((filter) => matches(values(call)?.[filter.key ?? ''], filter));
    return matches(analysed.has(field) ? call.call_analysis?.[field] : call[field], wanted as Filter);
  });

const cursor = (callId: string) => Buffer.from(callId).toString('base64url');

/** `calls` in the order in which they were made; undefined: the request is not as documented (400). */
export function listCalls(body: unknown, calls: readonly RetellCall[]): object | undefined {
  const parsed = ListCalls.safeParse(body ?? {});
  if (!parsed.success) return undefined;
  const { filter_criteria = {}, include_total, limit, pagination_key, skip = 0, sort_order } = parsed.data;
  const direction = sort_order === 'ascending' ? 1 : -1;
  // Retell does not document the place of a call that never connected; here it is by when it was made.
  const found = calls
    .map((call, made) => ({ call, made }))
    .filter(({ call }) => fits(call, filter_criteria))
    .sort((a, b) => direction * ((a.call.start_timestamp ?? 0) - (b.call.start_timestamp ?? 0) || a.made - b.made))
    .map(({ call }) => call);
  let from = skip;
  if (pagination_key !== undefined) {
    const last = found.findIndex(({ call_id }) => cursor(call_id) === pagination_key);
    if (last < 0) return undefined;
    from = last + 1;
  }
  const items = found.slice(from, from + limit);
  const has_more = from + limit < found.length;
  return {
    items: items.map(listed),
    has_more,
    ...(has_more && { pagination_key: cursor(items.at(-1)!.call_id) }),
    ...(include_total && { total: found.length }),
  };
}
