import { rename } from 'node:fs/promises';
import { outputError } from './errors.ts';
import { openTempFile, releaseTempFile, removeTempFile } from './temp-file.ts';

/**
 * Writes the file `target`, whose folder must exist, or replaces it: readers find the old bytes or all of the new ones. It
 * is not synced to the disk, so it is for what can be made again after a power failure. Throws an OutputError.
 */
export async function replaceFile(target: string, bytes: Buffer): Promise<void> {
  const temp = await openTempFile(target);
  try {
    await temp.handle.writeFile(bytes);
    await temp.handle.close();
    await rename(temp.path, target);
    releaseTempFile(temp);
  } catch (error) {
    await removeTempFile(temp).catch(() => undefined);
    throw outputError(error, `write ${target}`);
  }
}
