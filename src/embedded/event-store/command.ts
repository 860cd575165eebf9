import type { NewEvent } from './event-bytes.ts';
import type { ExpectedRevision } from './expected-revision.ts';

/** What can be asked of the log. */
export type Command = {
  readonly kind: 'append' | 'delete' | 'tombstone';
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** none for `delete` and `tombstone` */
  readonly events: readonly NewEvent[];
};

/** What came of it. A repeat of an event that is no longer shown has no position. */
export type Outcome =
  | { readonly kind: 'done'; readonly revision: number; readonly position: number | undefined }
  | { readonly kind: 'wrong revision'; readonly actual: number }
  | { readonly kind: 'deleted' }
  /** A full disk, a broken file: nothing of it is stored. */
  | { readonly kind: 'not written'; readonly reason: string }
  /** The deadline passed first. If it was being written by then, it may be stored. */
  | { readonly kind: 'timed out' };
