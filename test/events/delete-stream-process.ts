import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [join(import.meta.dirname, 'delete-stream.ts'), ...args]);

/** Soft-deletes a stream, as an operator would with the event store's own tools. */
export const deleteStream = (url: string, stream: string) => run(url, stream);

/** Deletes it for good: its name is never used again. */
export const tombstoneStream = (url: string, stream: string) => run(url, stream, 'for-good');
