import { z } from '@hono/zod-openapi';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import type { Recorded } from '../../events/recorded.ts';
import { booleanParameter, instantParameter, only, tenantParameter } from '../../http/parameters.ts';
import {
  belongsTo,
  type EvidenceLine,
  type EvidenceReference,
  evidenceBehind,
  exportedFact,
  exportedPrefixes,
  FORMAT,
  type Header,
  lineOf,
  seedOf,
  VERSION,
} from './export-line.ts';
import { hiddenIn, isHidden } from './hidden.ts';

/** Where a range begins or ends: at a time of recording, or at a position of the log. */
type Boundary = { readonly time: string } | { readonly position: bigint };

/** `head`: nothing behind this position. */
export type ExportRange = {
  readonly from?: Boundary | undefined;
  readonly to?: Boundary | undefined;
  readonly tenant?: string | undefined;
  readonly head: bigint;
};

const boundary = (description: string) => {
  const instant = instantParameter(description);
  return z
    .string()
    .transform((text, context): Boundary => {
      if (/^\d{1,19}$/.test(text)) return { position: BigInt(text) };
      const time = instant.safeParse(text).data;
      if (time === undefined)
        context.addIssue({ code: 'custom', message: 'must be an ISO 8601 time with an offset or Z, or a position' });
      return { time: (time ?? new Date(0)).toISOString() };
    })
    .openapi({ type: 'string', description: `${description} E.g. 2026-01-01T00:00:00Z.` });
};

const range = {
  from: boundary('A time: from the first fact recorded then or later. A position: after it. Absent: all.').optional(),
  to: boundary('A time: up to the first fact recorded then or later, without it. A position: up to it.').optional(),
  tenant: tenantParameter.optional().openapi({ description: 'Only what belongs to it. Absent: all.' }),
  head: z
    .string()
    .regex(/^(-1|\d{1,19})$/, 'must be a position')
    .transform(BigInt)
    .optional()
    .openapi({ type: 'string', description: '`head` of an earlier export: nothing behind it. Absent: the head now.' }),
};

type Ends = { readonly from?: Boundary | undefined; readonly to?: Boundary | undefined };
const inOrder = ({ from, to }: Ends): boolean => {
  if (from === undefined || to === undefined) return true;
  if ('time' in from && 'time' in to) return from.time <= to.time;
  return 'time' in from || 'time' in to || from.position <= to.position;
};
const ordered = <S extends z.ZodType<Ends>>(schema: S) =>
  schema.refine(inOrder, { error: 'must not lie before from', path: ['to'] });

export const RangeQuery = ordered(only(range));
export const ExportQuery = ordered(
  only({
    ...range,
    evidence: booleanParameter('Whether the signed bytes come along. Default: true.').optional(),
  }),
);

/** As the header says it, and as it can be asked for again. */
const textOf = (end: Boundary | undefined): string | null =>
  end === undefined ? null : 'time' in end ? end.time : String(end.position);

/** The subscription resumes by itself; after as long as that without success the store counts as not answering. */
const GIVE_UP_AT_MS = 1000;
const LOOK_EVERY_MS = 10_000;
/** Of facts, which may be as large as an append. */
const MAX_BATCH = 100;

/**
 * The facts of a range in log order: from the first recorded at or after `from` to before the first at or after `to`,
 * whatever clocks did. Throws EventStoreUnavailable; an abort ends it early.
 */
async function* factsBetween(log: EventLog, range: ExportRange, signal: AbortSignal): AsyncGenerator<Recorded> {
  const { from, to, head } = range;
  const last = to !== undefined && 'position' in to && to.position < head ? to.position : head;
  const until = to !== undefined && 'time' in to ? to.time : undefined;
  const since = from !== undefined && 'time' in from ? from.time : undefined;
  const stopping = new AbortController();
  let failure: EventStoreUnavailable | undefined;
  const giveUp = (cause: unknown) => {
    failure ??= new EventStoreUnavailable('the event store was lost while reading', { cause });
    stopping.abort();
  };
  let waiting = true;
  const looking = setInterval(() => waiting && log.head().catch(giveUp), LOOK_EVERY_MS);
  try {
    let begun = since === undefined;
    for await (const { events, caughtUp } of log.subscribe({
      prefixes: exportedPrefixes,
      after: from !== undefined && 'position' in from ? from.position : undefined,
      maxBatch: MAX_BATCH,
      signal: AbortSignal.any([signal, stopping.signal]),
      onBreak: (error, retryInMs) => retryInMs >= GIVE_UP_AT_MS && giveUp(error),
    })) {
      waiting = false;
      for (const event of events) {
        if (event.position > last || (until !== undefined && event.recordedAt >= until)) return;
        begun ||= event.recordedAt >= since!;
        if (begun) yield event;
      }
      if (caughtUp) return;
      waiting = true;
    }
    if (failure) throw failure;
  } finally {
    clearInterval(looking);
    stopping.abort();
  }
}

/** The signed bytes, and whether they still are what was signed. Throws EventStoreUnavailable. */
export type ReadEvidence = (reference: EvidenceReference) => Promise<{
  readonly verdict: EvidenceLine['verdict'];
  readonly delivery?: {
    readonly keyId: string;
    readonly signatureHeader: string;
    readonly receivedAt: string;
    readonly body: Uint8Array;
  };
}>;

type ExportRequest = ExportRange & { readonly evidence: boolean; readonly created: string };

/** The lines of an export, from the header to the footer; without a footer it ended early. */
export async function* exportLines(
  log: EventLog,
  readEvidence: ReadEvidence,
  request: ExportRequest,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const range = asked(request);
  const { evidence: wanted, created, head } = request;
  const content = { kind: 'header', format: FORMAT, version: VERSION, ...range, evidence: wanted, created } as const;
  const header = lineOf({ ...content, head: String(head) }, '');
  yield header.text;

  let digest = seedOf(range);
  const count = { facts: 0, evidence: 0, expired: 0 };
  const facts = factsOf(log, request, signal);
  for await (const { fact, evidence } of wanted ? withEvidence(facts, readEvidence) : alone(facts)) {
    const line = lineOf(exportedFact(fact), digest);
    digest = line.sha256;
    count.facts++;
    yield line.text;
    if (evidence === undefined) continue;
    count.evidence++;
    if (evidence.verdict === 'expired') count.expired++;
    yield lineOf(evidence, digest).text;
  }
  if (!signal.aborted) yield lineOf({ kind: 'footer', ...count, digest }, header.sha256).text;
}

type RangeDigest = { readonly facts: number; readonly digest: string };

/** What the footer of an export of this range has to say, from the log as it is now; undefined: it ended early. */
export async function digestOfRange(
  log: EventLog,
  range: ExportRange,
  signal: AbortSignal,
): Promise<RangeDigest | undefined> {
  let digest = seedOf(asked(range));
  let facts = 0;
  for await (const fact of factsOf(log, range, signal)) {
    digest = lineOf(exportedFact(fact), digest).sha256;
    facts++;
  }
  return signal.aborted ? undefined : { facts, digest };
}

const asked = ({ from, to, tenant }: ExportRange): Pick<Header, 'from' | 'to' | 'tenant'> => ({
  from: textOf(from),
  to: textOf(to),
  tenant: tenant ?? null,
});

async function* factsOf(log: EventLog, range: ExportRange, signal: AbortSignal): AsyncGenerator<Recorded> {
  const { tenant } = range;
  const hidden = await hiddenIn(log, signal);
  for await (const fact of factsBetween(log, range, signal))
    if ((tenant === undefined || belongsTo(fact.stream, tenant)) && !isHidden(hidden, fact)) yield fact;
}

type FactWithEvidence = { readonly fact: Recorded; readonly evidence?: Omit<EvidenceLine, 'sha256'> | undefined };

async function* alone(facts: AsyncIterable<Recorded>): AsyncGenerator<FactWithEvidence> {
  for await (const fact of facts) yield { fact };
}

/** How many facts, and how many bytes, may wait for their evidence at once: enough to be fast, little in memory. */
const AHEAD = 16;
const AHEAD_BYTES = 16 * 1024 * 1024;

/** Each fact with what it rests on: read for several at once, yielded in their order. */
async function* withEvidence(
  facts: AsyncIterable<Recorded>,
  readEvidence: ReadEvidence,
): AsyncGenerator<FactWithEvidence> {
  const waiting: { readonly read: Promise<FactWithEvidence>; readonly bytes: number }[] = [];
  let bytes = 0;
  for await (const fact of facts) {
    const reference = evidenceBehind(fact);
    const size = reference?.bytes ?? 0;
    while (waiting.length >= AHEAD || (waiting.length > 0 && bytes + size > AHEAD_BYTES)) {
      const next = waiting.shift()!;
      bytes -= next.bytes;
      yield await next.read;
    }
    const read =
      reference === undefined
        ? Promise.resolve({ fact })
        : lineFor(reference, readEvidence).then((evidence) => ({ fact, evidence }));
    read.catch(() => {}); // the error is thrown where it is awaited
    waiting.push({ read, bytes: size });
    bytes += size;
  }
  for (const { read } of waiting) yield await read;
}

async function lineFor(reference: EvidenceReference, read: ReadEvidence): Promise<Omit<EvidenceLine, 'sha256'>> {
  const { deliveryId, sha256, bytes } = reference;
  const { verdict, delivery } = await read(reference);
  return {
    ...{ kind: 'evidence', deliveryId, verdict, bodySha256: sha256, bytes },
    ...(delivery && {
      keyId: delivery.keyId,
      signatureHeader: delivery.signatureHeader,
      receivedAt: delivery.receivedAt,
      bodyBase64: Buffer.from(delivery.body).toString('base64'),
    }),
  };
}
