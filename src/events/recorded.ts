import type { AllStreamRecordedEvent, RecordedEvent } from '@eventstore/db-client';
import type { Erasure } from './erasure-facts.ts';
import type { JsonFields } from './json.ts';

/** An event to be appended. JSON unless `data` is bytes. */
export type NewEvent = {
  readonly id: string;
  readonly type: string;
  readonly data: JsonFields | Uint8Array;
  readonly metadata: JsonFields;
};

/** An event as the log holds it. `data` is JSON, or bytes for a binary event. */
export type Recorded = {
  readonly stream: string;
  readonly revision: bigint;
  /** The commit position in `$all`; it grows with every event and compares as a number. */
  readonly position: bigint;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
  /** When the log wrote it: ISO time. */
  readonly recordedAt: string;
  /** Its stream was erased; set where a stream is read as a whole. */
  readonly erasure?: Erasure | undefined;
};

/** The revision a stream must be at for an append to be written. There is no `any` here (C2). */
export type Expected = bigint | 'no_stream';

export type Appended =
  | { readonly outcome: 'appended'; readonly revision: bigint; readonly position: bigint | undefined }
  | { readonly outcome: 'conflict'; readonly actual: Expected };

export type ReadOptions = {
  readonly from?: bigint;
  readonly backwards?: boolean;
  /** At most this many events; default all. */
  readonly max?: number;
};

/**
 * Where an event is, and which one: in another log, or after a restore, another one is there. By stream and revision the
 * log tells that a scavenge has removed it.
 */
export type Place = Pick<Recorded, 'position' | 'id'> & Partial<Pick<Recorded, 'stream' | 'revision'>>;

/** As a checkpoint keeps it. */
export const placeText = ({ position, id, stream, revision }: Place): string =>
  stream === undefined ? `${position}:${id}` : `${position}:${id}:${revision}:${stream}`;

/** Undefined for what is none, such as the bare id that an earlier release kept. */
export function placeFrom(text: string): Place | undefined {
  const [, position, id, revision, stream] = /^(\d+):([^:]+)(?::(\d+):(.+))?$/s.exec(text) ?? [];
  if (position === undefined || id === undefined) return undefined;
  const place = { position: BigInt(position), id };
  return revision === undefined ? place : { ...place, revision: BigInt(revision), stream: stream! };
}

/** The place at a checkpoint; undefined where an older release has moved the checkpoint without it. */
export function placeAt(checkpoint: bigint | undefined, text: string | null | undefined): Place | undefined {
  const place = placeFrom(text ?? '');
  return place?.position === checkpoint ? place : undefined;
}

export function recordedOf(event: RecordedEvent | AllStreamRecordedEvent): Recorded {
  if (event.position === undefined)
    throw new Error(`the server gave no position for ${event.streamId}@${event.revision}`);
  return {
    stream: event.streamId,
    revision: event.revision,
    position: event.position.commit,
    id: event.id,
    type: event.type,
    data: event.data,
    metadata: event.metadata,
    recordedAt: event.created.toISOString(),
  };
}
