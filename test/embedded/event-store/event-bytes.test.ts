import streams from '@eventstore/db-client/generated/streams_pb.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeEvent } from '../../../src/embedded/event-store/event-bytes.ts';
import { TOMBSTONE } from '../../../src/embedded/event-store/schema.ts';

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 });
const bytes = fc.uint8Array({ maxLength: 40_000 });
const number = fc.oneof(
  fc.nat(300),
  fc.nat(2 ** 31 - 1),
  fc.maxSafeNat().filter((n) => n !== TOMBSTONE),
);

test('the generated classes read what is written by hand', () => {
  const events = fc.record({ id: fc.uuid(), type: text, contentType: text, data: bytes, metadata: bytes });
  const places = fc.record({ stream: text, revision: number, position: number, created: fc.nat(2 ** 31 - 1) });
  fc.assert(
    fc.property(events, places, (event, at) => {
      const read = streams.ReadResp.deserializeBinary(encodeEvent(event, at)).getEvent()!;
      const record = read.getEvent()!;
      expect(read.getCommitPosition()).toBe(`${at.position}`);
      expect(record.getId()?.getString()).toBe(event.id);
      expect(Buffer.from(record.getStreamIdentifier()!.getStreamName_asU8()).toString()).toBe(at.stream);
      expect(record.getStreamRevision()).toBe(`${at.revision}`);
      expect(record.getPreparePosition()).toBe(`${at.position}`);
      expect(record.getCommitPosition()).toBe(`${at.position}`);
      expect(Object.fromEntries(record.getMetadataMap().toArray())).toEqual({
        type: event.type,
        'content-type': event.contentType,
        created: `${at.created}0000`,
      });
      expect(Buffer.compare(record.getData_asU8(), event.data)).toBe(0);
      expect(Buffer.compare(record.getCustomMetadata_asU8(), event.metadata)).toBe(0);
    }),
  );
});

test('a tombstone has the revision that no JavaScript number holds', () => {
  const event = { id: '', type: 'T', contentType: 'C', data: new Uint8Array(), metadata: new Uint8Array() };
  const message = encodeEvent(event, { stream: 's', revision: TOMBSTONE, position: 1, created: 0 });
  const record = streams.ReadResp.deserializeBinary(message).getEvent()?.getEvent();
  expect(record?.getStreamRevision()).toBe('9223372036854775807');
});
