import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Text that must not be found any more, or bytes as they were stored. At least twelve characters, so that none is found by chance. */
export type Canary = string | Uint8Array;

const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);
/** Of an evidence part as SQLite lays it out, the first pages are in one piece. */
const INFLATED = 256 * 1024;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Every way that it may be written in a file: plain, UTF-16, hexadecimal, Base64, and as Postgres compresses. */
function* spellings(canary: Canary): Generator<string> {
  const bytes = Buffer.from(canary);
  yield escaped(latin1(bytes));
  if (typeof canary !== 'string') return;
  yield escaped(latin1(Buffer.from(canary, 'utf16le')));
  yield bytes.toString('hex');
  yield bytes.toString('hex').toUpperCase();
  // Without the letters that also depend on what is before and behind.
  for (const shift of [0, 1, 2])
    yield escaped(
      Buffer.concat([Buffer.alloc(shift), bytes])
        .toString('base64')
        .slice(shift === 0 ? 0 : 4, -4),
    );
  // pglz puts a byte of its own before each eight.
  for (let first = 1; first < 8; first++) {
    const pieces = [bytes.subarray(0, first)];
    for (let at = first; at < bytes.length; at += 8) pieces.push(bytes.subarray(at, at + 8));
    yield pieces.map((piece) => escaped(latin1(piece))).join('[\\s\\S]');
  }
}

/**
 * Which of the canaries are in the files of a directory, as `file: canary`, also in what is zipped there. Empty: not a
 * byte of them is left.
 */
export async function findCanaries(
  directory: string,
  canaries: readonly Canary[],
  isOf: (file: string) => boolean = () => true,
): Promise<string[]> {
  const patterns = canaries.map((canary) => [nameOf(canary), new RegExp([...spellings(canary)].join('|'))] as const);
  const found: string[] = [];
  for (const file of await filesIn(directory)) {
    const name = relative(directory, file);
    if (!isOf(name)) continue;
    const bytes = await readFile(file).catch(() => Buffer.alloc(0)); // it is gone meanwhile
    const text = latin1(bytes);
    for (const [canary, pattern] of patterns) if (pattern.test(text)) found.push(`${name}: ${canary}`);
    for await (const inflated of allInflated(bytes))
      for (const [canary, pattern] of patterns) if (pattern.test(inflated)) found.push(`${name}: ${canary}, zipped`);
  }
  return [...new Set(found)];
}

const nameOf = (canary: Canary): string =>
  typeof canary === 'string' ? canary : `${canary.length} bytes ${Buffer.from(canary).toString('hex').slice(0, 16)}`;

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

async function* allInflated(bytes: Buffer): AsyncGenerator<string> {
  for (let at = bytes.indexOf(GZIP); at >= 0; at = bytes.indexOf(GZIP, at + 1))
    yield latin1(await inflated(bytes.subarray(at, at + INFLATED)));
}

/** As much as can be inflated of bytes that go on with something else. */
async function inflated(bytes: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const unzipped = Readable.from([bytes]).pipe(createGunzip({ chunkSize: 128 }));
  try {
    for await (const chunk of unzipped) chunks.push(chunk as Buffer);
  } catch {
    // what follows is no part of it
  }
  return Buffer.concat(chunks);
}
