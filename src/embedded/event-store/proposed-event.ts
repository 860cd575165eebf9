import type streams from '@eventstore/db-client/generated/streams_pb.js';
import type { NewEvent } from './event-bytes.ts';
import { uuidText } from './request-values.ts';

type Proposed = streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
// Metadata does not count for the size of an append. But a client takes no message above 17 MiB, and an event that
// nobody can read would stop every subscription that comes to it.
const MAX_METADATA = 15 * 1024 * 1024;
const NIL = '00000000-0000-0000-0000-000000000000';

/** Throws on what a live server refuses: an id that is no UUID, or the nil one, and an event without a type. */
export function proposedEvent(message: Proposed): NewEvent {
  const id = uuidText(message.getId());
  if (!UUID.test(id) || id === NIL) throw new Error(`"${id}" is no event id`);
  const metadata = message.getCustomMetadata_asU8();
  if (metadata.length > MAX_METADATA) throw new Error('the metadata is too large to be read again');
  const properties = message.getMetadataMap();
  const type = properties.get('type');
  if (!type) throw new Error('an event needs a type');
  return {
    id,
    type,
    contentType: properties.get('content-type') ?? 'application/octet-stream',
    data: message.getData_asU8(),
    metadata,
  };
}
