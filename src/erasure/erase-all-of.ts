import type { Erasure } from '../events/erasure-facts.ts';
import type { EventLog } from '../events/event-log.ts';
import { appointmentStream, callStream, quarantineStream, sessionStream, ticketStream } from '../events/streams.ts';
import { ticketIdOf } from '../events/ticket-facts.ts';
import { type ErasedStream, eraseEvidence, eraseStream } from './erase-stream.ts';

type Erasing = { readonly log: EventLog; readonly now: () => number };

/** What one job has erased. */
export type Erased = {
  readonly streams: readonly (ErasedStream | undefined)[];
  readonly evidence?: bigint | undefined;
  readonly calls?: 1;
  readonly quarantined?: 1;
};

export function progressOf(results: readonly Erased[]) {
  const streams = results.flatMap((result) => result.streams).filter((stream) => stream !== undefined);
  const hidden = [...streams.map(({ position }) => position), ...results.map(({ evidence }) => evidence)];
  const position = hidden.reduce<bigint>((last, at) => (at !== undefined && at > last ? at : last), 0n);
  return {
    streams: streams.map(({ stream, before }) => ({ stream, before: `${before}` })),
    calls: results.reduce((sum, { calls = 0 }) => sum + calls, 0),
    quarantined: results.reduce((sum, { quarantined = 0 }) => sum + quarantined, 0),
    ...(position > 0n && { position: `${position}` }),
  };
}

/** A call, its ticket, its signed bytes, and what staff wrote of its appointments. */
export async function callOf(options: Erasing, tenantId: string, erasure: Erasure, callId: string, done: Set<string>) {
  const { log } = options;
  const call = await eraseStream(log, callStream(tenantId, callId), { erasure, now: options.now });
  const ticket = await eraseStream(log, ticketStream(tenantId, ticketIdOf(callId)), { erasure, now: options.now });
  const evidence = await eraseEvidence(log, tenantId, callId, { erasure });
  const appointments = await appointmentsOf(options, tenantId, erasure, call, done);
  return { streams: [call, ticket, ...appointments], evidence: evidence?.position, calls: 1 } satisfies Erased;
}

export async function evidenceOf(
  { log }: Erasing,
  tenantId: string,
  erasure: Erasure,
  callId: string,
): Promise<Erased> {
  return { streams: [await eraseEvidence(log, tenantId, callId, { erasure })], calls: 1 };
}

export async function sessionOf(options: Erasing, tenantId: string, erasure: Erasure, id: string, done: Set<string>) {
  const session = await eraseStream(options.log, sessionStream(tenantId, id), { erasure, now: options.now });
  return { streams: [session, ...(await appointmentsOf(options, tenantId, erasure, session, done))] } satisfies Erased;
}

export async function bodyOf(
  { log, now }: Erasing,
  tenantId: string,
  erasure: Erasure,
  digest: string,
): Promise<Erased> {
  return { streams: [await eraseStream(log, quarantineStream(tenantId, digest), { erasure, now })], quarantined: 1 };
}

/** After what names them, so that a reader of the log knows them. */
async function appointmentsOf(
  { log, now }: Erasing,
  tenantId: string,
  erasure: Erasure,
  erased: ErasedStream | undefined,
  done: Set<string>,
): Promise<(ErasedStream | undefined)[]> {
  const named = (erased?.facts ?? []).flatMap(({ data }) =>
    'appointmentId' in data ? (data.appointmentId ?? []) : [],
  );
  const streams = [...new Set(named)]
    .map((id) => appointmentStream(tenantId, id))
    .filter((stream) => !done.has(stream));
  const all: (ErasedStream | undefined)[] = [];
  for (const stream of streams) {
    done.add(stream);
    all.push(await eraseStream(log, stream, { erasure, now, evenEmpty: true }));
  }
  return all;
}
