import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import path from 'node:path';

/** What stays free for tracks, pictures and the database. */
const RESERVE_BYTES = 256 * 2 ** 20;

/** Bytes that are free on the disk of a folder. */
export type FreeBytes = (folder: string) => Promise<number>;

/** Asks the system. */
export const freeBytes: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/** Bytes that the unfinished uploads of a folder have still to take. */
async function promisedBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith('.json')) continue;
    const file = path.join(folder, name);
    const record = await readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as { readonly size?: number },
      () => undefined,
    );
    const there = await stat(file.slice(0, -'.json'.length)).catch(() => undefined);
    if (there !== undefined) bytes += Math.max(0, (record?.size ?? 0) - there.size);
  }
  return bytes;
}

/** Bytes that a new upload may have: what is free, without what the others still need, and without a reserve. */
export async function spaceForUploads(folder: string, free: FreeBytes = freeBytes): Promise<number> {
  return Math.max(0, (await free(folder)) - (await promisedBytes(folder)) - RESERVE_BYTES);
}
