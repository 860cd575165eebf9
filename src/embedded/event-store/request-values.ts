import type shared from '@eventstore/db-client/generated/shared_pb.js';

/** The name in it; empty names are refused wherever one is needed. */
export function streamName(identifier: shared.StreamIdentifier | undefined): string {
  const name = Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();
  if (name === '') throw new Error('a stream needs a name');
  return name;
}

/** Wire numbers have 64 bits; no log of ours comes near 2^53. */
export const wholeNumber = (text: string): number => Math.min(Number(text), Number.MAX_SAFE_INTEGER - 1);

/** Clients may send a UUID as text or as two signed halves. */
export function uuidText(uuid: shared.UUID | undefined): string {
  const halves = uuid?.getStructured();
  if (!halves) return uuid?.getString().toLowerCase() ?? '';
  const hex = (half: string) => BigInt.asUintN(64, BigInt(half)).toString(16).padStart(16, '0');
  const digits = hex(halves.getMostSignificantBits()) + hex(halves.getLeastSignificantBits());
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
