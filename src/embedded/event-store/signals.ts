import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { placed } from './position.ts';

/** The messages of a read that are not events. */
export const caughtUp = bytes((message) => message.setCaughtUp(new streams.ReadResp.CaughtUp()));

export const confirmation = (subscriptionId: string): Uint8Array =>
  bytes((message) => {
    const confirmed = new streams.ReadResp.SubscriptionConfirmation();
    confirmed.setSubscriptionId(subscriptionId);
    message.setConfirmation(confirmed);
  });

export const checkpoint = (position: number): Uint8Array =>
  bytes((message) => message.setCheckpoint(placed(new streams.ReadResp.Checkpoint(), position)));

export const streamNotFound = (stream: string): Uint8Array =>
  bytes((message) => {
    const identifier = new shared.StreamIdentifier();
    identifier.setStreamName(Buffer.from(stream));
    const notFound = new streams.ReadResp.StreamNotFound();
    notFound.setStreamIdentifier(identifier);
    message.setStreamNotFound(notFound);
  });

function bytes(fill: (message: streams.ReadResp) => void): Uint8Array {
  const message = new streams.ReadResp();
  fill(message);
  return Buffer.from(message.serializeBinary());
}
