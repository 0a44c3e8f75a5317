import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** The SHA-256 of a file, and what `stat` said of the file when it was read. */
export interface KnownHash {
  readonly path: string;
  readonly stamp: string;
  readonly sha256: string;
}

/** Large reads: a model has tens of megabytes, and more. */
const READ_BYTES = 2 ** 20;

const known = new Map<string, KnownHash>();

/** The clocks of file systems tick in up to ten milliseconds: another change soon after the last one may not show. */
const SETTLED_MS = 100;

/** What changes with a file, and whether its next change would show. */
async function stampOf(path: string): Promise<{ readonly stamp: string; readonly settled: boolean }> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  const settled = Math.abs(Date.now() - Number(ctimeNs) / 1e6) > SETTLED_MS;
  return { stamp: [dev, ino, size, mtimeNs, ctimeNs].join(' '), settled };
}

/**
 * The SHA-256 of a file, in hexadecimal. A file that has not changed since this process read it, or the process that started it, is not read
 * again. Throws what the file system throws.
 */
export async function hashFile(path: string): Promise<string> {
  const { stamp, settled } = await stampOf(path);
  const before = known.get(path);
  if (before?.stamp === stamp) return before.sha256;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: READ_BYTES }), hash);
  const sha256 = hash.digest('hex');
  if (settled) known.set(path, { path, stamp, sha256 });
  return sha256;
}

/** The hashes that this process knows, for {@link adoptHashes} in a process that it starts. */
export function knownHashes(): readonly KnownHash[] {
  return [...known.values()];
}

/** Takes over what the process that started this one has read. */
export function adoptHashes(hashes: readonly KnownHash[]): void {
  for (const hash of hashes) known.set(hash.path, hash);
}
