import type { StreamState } from '../../model/stream-state.ts';
import type { Membership } from '../calls/membership.ts';
import type { RelatedSessions } from '../calls/related-sessions.ts';
import type { FoldedBatch } from '../engine/projection.ts';
import type { Row, Table, Tables } from '../engine/table.ts';

/** The changes of a batch: states of streams, and which call belongs to which session now and before. */
export type ChangedCalls = FoldedBatch<StreamState> & {
  readonly membership: Membership;
  /** Past and present relations of the changed sessions. */
  readonly related: RelatedSessions;
};

/** A view of calls: its tables, and how a batch changes their rows. */
export type View = {
  readonly tables: readonly Table[];
  /** Writes its rows, and nothing else. */
  save(tables: Tables, changed: ChangedCalls): Promise<void>;
  /** The streams behind a row, besides those that its columns name. */
  streamsBehind?(tables: Tables, of: Table, row: Row): Promise<readonly string[]>;
};
