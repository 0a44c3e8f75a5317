import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { openRegular } from '../../core/regular-file.ts';

/** Bytes that are read at each position. */
const PART_BYTES = 65_536;
const PARTS = 5;

async function readPart(handle: FileHandle, at: number): Promise<Buffer> {
  const buffer = Buffer.alloc(PART_BYTES);
  const { bytesRead } = await handle.read(buffer, 0, PART_BYTES, at);
  return buffer.subarray(0, bytesRead);
}

/**
 * A recording's fingerprint: a hash of its size, its start, its end and three parts between. Files that agree in these are
 * taken for the same recording, except empty ones, which are identified by their path. Throws the system's error where the
 * file cannot be read.
 */
export async function fingerprintOf(file: string): Promise<string> {
  const { handle, size } = await openRegular(file);
  try {
    const hash = createHash('sha256').update(size === 0 ? file : `${size}\n`);
    for (let part = 0; part < PARTS; part++) {
      const at = Math.max(0, Math.floor(((size - PART_BYTES) * part) / (PARTS - 1)));
      hash.update(await readPart(handle, at));
    }
    return hash.digest('hex').slice(0, 32);
  } finally {
    await handle.close();
  }
}
