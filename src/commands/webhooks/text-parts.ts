import type { CallEvent, CallEventType, CallFacts } from '../../events/call-facts.ts';
import type { NewEvent } from '../../events/event-log.ts';
import { uuidOf } from '../../events/identity.ts';
import type { JsonObject } from '../../events/json.ts';
import type { FactMetadata } from '../../events/metadata.ts';
import { refuseUnrecordable } from '../../events/recordable.ts';
import type { CallFact } from '../../retell/call-fact.ts';
import { APPEND_LIMIT } from './append-limit.ts';

/** UTF-16 units: at most three bytes each in UTF-8, so that two parts always fit one append. */
const PART_LENGTH = 128 * 1024;

type TextPart = Extract<CallEvent, { type: 'CallTextPart' }>['data'];

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** The fact would not fit one append even without what can be moved out of it. */
export class FactTooLarge extends Error {
  override readonly name = 'FactTooLarge';
}

/**
 * The events that record a fact: itself, or, where it would exceed the append limit, the parts of its `personal`
 * and then itself (docs/rules.md, "The door"). Its id is that of the whole: how it is cut is not part of what it says.
 * Throws UnrecordableEvent before anything is sent, evidence too; cut, its parts would pass.
 */
export function eventsOf({ id, type, data, metadata }: CallFact): readonly NewEvent[] {
  const whole = event(id, type, data, metadata);
  refuseUnrecordable([whole]);
  const isSurelyLong = (data.personal?.transcript?.length ?? 0) > APPEND_LIMIT; // not written out only to be measured
  if (!isSurelyLong && jsonBytes(data) <= APPEND_LIMIT) return [whole];
  const { personal, ...open } = data;
  const texts = cut(JSON.stringify(personal ?? {}));
  const rest = { ...open, personalParts: texts.length };
  if (jsonBytes(rest) > APPEND_LIMIT) throw new FactTooLarge(`${type} ${id} does not fit one append`);
  const parts = texts.map((text, part) =>
    event(uuidOf('text', id, String(part)), 'CallTextPart', { factId: id, part, text }, metadata),
  );
  return [...parts, event(id, type, rest, metadata)];
}

/** Facts are JSON by their schemas; only their types do not say so. */
const event = (id: string, type: CallEventType, data: CallFacts | TextPart, metadata: FactMetadata): NewEvent => ({
  id,
  type,
  data: data as JsonObject,
  metadata: metadata as JsonObject,
});

const cut = (text: string): string[] =>
  Array.from({ length: Math.ceil(text.length / PART_LENGTH) }, (_, i) =>
    text.slice(i * PART_LENGTH, (i + 1) * PART_LENGTH),
  );
