import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { outputError } from './errors.ts';
import { ensureStateFolder } from './folders/ensure-folder.ts';
import { syncFolder } from './temp-file.ts';

const PART = /^\..*\.part$/;
const DAY_MS = 86_400_000;

/** A file of a batch. */
export interface BatchFile {
  readonly name: string;
  readonly text: string;
}

/** Removes what killed runs left behind. */
async function removeStaleParts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!PART.test(name)) continue;
    const found = await stat(path.join(folder, name)).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < Date.now() - DAY_MS) await rm(path.join(folder, name), { force: true });
  }
}

/**
 * Writes or replaces files of a state folder, which is created where it is missing. When this resolves all of them are durable; each is there as a
 * whole or not at all. Much faster than one after the other, because the disk syncs them together. Throws an OutputError.
 */
export async function writeBatch(folder: string, files: readonly BatchFile[]): Promise<void> {
  await ensureStateFolder(folder);
  const temp = (name: string): string => path.join(folder, `.${name}.${suffix}.part`);
  const suffix = randomBytes(4).toString('hex');
  const handles: FileHandle[] = [];
  try {
    await removeStaleParts(folder);
    for (const { name, text } of files) {
      const handle = await open(temp(name), 'wx', 0o600);
      handles.push(handle);
      await handle.writeFile(text);
    }
    await Promise.all(handles.map((handle) => handle.datasync()));
    await Promise.all(handles.splice(0).map((handle) => handle.close()));
    for (const { name } of files) await rename(temp(name), path.join(folder, name));
    await syncFolder(folder);
  } catch (error) {
    await Promise.all(handles.map((handle) => handle.close()));
    await Promise.all(files.map(({ name }) => rm(temp(name), { force: true })));
    throw outputError(error, `write in ${folder}`);
  }
}
