import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import type { Expected, NewEvent } from '../../src/events/event-log.ts';

/** As the service never looks at them; the event store of a test asks for none. */
const credentials = { username: 'anybody', password: 'anything' };

/**
 * Appends what our own log refuses to send, because it could not be read back: as another version, or a foreign tool, may
 * have written it. With credentials the client takes the one way on which clients of one process are apart.
 */
export async function appendAnyhow(
  url: string,
  stream: string,
  expected: Expected,
  events: readonly NewEvent[],
): Promise<{ readonly revision: bigint; readonly position: bigint }> {
  const client = EventStoreDBClient.connectionString(url);
  try {
    const expectedRevision = expected === 'no_stream' ? NO_STREAM : expected;
    const written = events.map(({ data, ...event }) => jsonEvent({ ...event, data: data as object } as never));
    const result = await client.appendToStream(stream, written, { expectedRevision, credentials });
    return { revision: result.nextExpectedRevision, position: result.position!.commit };
  } finally {
    await client.dispose();
  }
}
