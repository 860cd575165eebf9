/**
 * The data bytes of one append may sum to 1,048,576 on a server with default settings (FACTS, "Appends"); metadata
 * and types do not count. We stay below it.
 */
export const APPEND_LIMIT = 900 * 1024;
