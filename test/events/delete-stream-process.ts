import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Soft-deletes a stream, as an operator would with the event store's own tools. */
export const deleteStream = (url: string, stream: string) =>
  promisify(execFile)(process.execPath, [join(import.meta.dirname, 'delete-stream.ts'), url, stream]);
