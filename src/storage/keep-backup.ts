import { type FileHandle, link, lstat, open, rm } from 'node:fs/promises';
import { errnoOf } from '../core/errors.ts';

/**
 * A hard link to an open file, where the disk has those, so that it costs nothing. False where there is none: what has the name by now may be
 * another file, or a link that leads elsewhere.
 */
async function linked(file: string, opened: FileHandle, copy: string): Promise<boolean> {
  try {
    await link(file, copy);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw error;
    return false;
  }
  const [made, { dev, ino }] = [await lstat(copy), await opened.stat()];
  if (made.dev === dev && made.ino === ino) return true;
  await rm(copy);
  return false;
}

/** Copies an open file, by its descriptor. */
async function copied(opened: FileHandle, copy: string): Promise<void> {
  const { mode } = await opened.stat();
  const handle = await open(copy, 'wx', mode & 0o777);
  try {
    const bytes = opened.createReadStream({ start: 0, autoClose: false });
    for await (const chunk of bytes) await handle.writeFile(chunk as Buffer);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Keeps a file that is about to be replaced as `NAME.bak`, `NAME.bak2`, ... beside it. Returns the path of the copy.
 * @param opened the file itself, which `file` led to when it was opened
 */
export async function keepBackup(file: string, opened: FileHandle): Promise<string> {
  for (let number = 1; ; number += 1) {
    const copy = `${file}.bak${number === 1 ? '' : number}`;
    try {
      if (!(await linked(file, opened, copy))) await copied(opened, copy);
      return copy;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
}
