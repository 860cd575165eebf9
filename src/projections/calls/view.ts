import type { CallFields, StreamState } from '../../model/stream-state.ts';
import type { FoldedBatch } from '../engine/projection.ts';
import type { Row, Table, TableName, Tx } from '../engine/table.ts';
import type { Membership } from './membership.ts';
import type { RelatedSessions } from './related-sessions.ts';

/** What a batch of facts has changed: the states of its streams, which call belongs to which session, and did before. */
export type ChangedCalls = FoldedBatch<StreamState> & {
  readonly membership: Membership<CallFields>;
  /** Of the sessions that the batch has changed. */
  readonly related: RelatedSessions;
};

/** An answer about calls that others read: its tables, and the rows that follow from what has changed. */
export type View = {
  readonly tables: readonly Table[];
  /** Writes its rows, and nothing else. */
  save(trx: Tx, table: TableName, changed: ChangedCalls): Promise<void>;
  /** The streams that a row of one of its tables is made of, beside those that the row's columns name. */
  streamsBehind?(trx: Tx, table: TableName, of: Table, row: Row): Promise<readonly string[]>;
};
