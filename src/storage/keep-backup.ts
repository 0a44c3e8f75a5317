import { constants, copyFile, link } from 'node:fs/promises';
import { errnoOf } from '../core/errors.ts';

/** Copies a file; a hard link where the disk has those, so that it costs nothing. False where `copy` exists. */
async function duplicate(file: string, copy: string): Promise<boolean> {
  try {
    await link(file, copy).catch((error: unknown) => {
      if (errnoOf(error) === 'EEXIST') throw error;
      return copyFile(file, copy, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Keeps a file that is about to be replaced as `NAME.bak`, `NAME.bak2`, ... beside it. Returns the path of the copy. */
export async function keepBackup(file: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const copy = `${file}.bak${number === 1 ? '' : number}`;
    if (await duplicate(file, copy)) return copy;
  }
}
