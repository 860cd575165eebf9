import { z } from 'zod';

// What the service notes in the log for itself: no fact of anybody's, and no projection reads it.
// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

const position = z.string().regex(/^\d+$/);

/** Where in the log a reaction began, once for all; absent: before its first event. */
export const REACTION_STARTED = 'ReactionStarted';
export const ReactionStarted = z.object({ after: position.optional() });

/** As of a position of the log (absent: its beginning): the sessions that were requested and not answered for. */
export const OPEN_REQUESTS_SEEN = 'OpenRequestsSeen';
export const OpenRequestsSeen = z.object({
  after: position.optional(),
  open: z.array(z.object({ tenantId: z.string(), sessionId: z.string() })),
});

// End of the stored format.
