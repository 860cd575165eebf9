import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { LogReader } from './log-reader.ts';
import { firstShown, limitsFrom, oldestShown } from './schema.ts';

export const LINK_TYPE = '$>';

/** The answer with the event that a link names, beside the link; any other answer as it is. */
export function withLinkResolved(log: LogReader, message: Uint8Array): Uint8Array {
  const answer = streams.ReadResp.deserializeBinary(message);
  const read = answer.getEvent();
  const link = read?.getEvent();
  if (!read || link?.getMetadataMap().get('type') !== LINK_TYPE) return message;
  read.setLink(link);
  // Undefined, as on a live server, where what it names is not there, or no longer shown.
  read.setEvent(linked(log, Buffer.from(link.getData_asU8()).toString()));
  return Buffer.from(answer.serializeBinary());
}

/** A link's data is `<revision>@<stream>`. */
function linked(log: LogReader, place: string): streams.ReadResp.ReadEvent.RecordedEvent | undefined {
  const [, digits, name] = /^(\d+)@(.+)$/s.exec(place) ?? [];
  const stream = name === undefined ? undefined : log.stream(name);
  if (name === undefined || !stream || log.isTombstoned(name)) return undefined;
  const revision = Number(digits);
  const limits = limitsFrom(stream.metadata);
  if (revision < firstShown(name, stream.last, limits)) return undefined;
  for (const [found, message] of log.forwards(stream.id, revision, oldestShown(limits, Date.now())))
    return found === revision && message
      ? streams.ReadResp.deserializeBinary(message).getEvent()?.getEvent()
      : undefined;
  return undefined;
}
