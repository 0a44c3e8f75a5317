import { chmod, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../../core/errors.ts';
import { outputError } from '../errors.ts';

async function makeFolders(folder: string, mode: number | undefined): Promise<void> {
  // Not mkdir's `recursive`: Node 20 loops forever where a parent exists but cannot contain folders (/proc).
  const make = async (): Promise<void> => {
    await mkdir(folder, mode).catch((error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error;
    });
  };
  try {
    await make();
  } catch (error) {
    const parent = path.dirname(folder);
    if (errnoOf(error) !== 'ENOENT' || parent === folder) throw error;
    await makeFolders(parent, mode);
    await make();
  }
}

/** Creates `folder` and its parents, where missing, with the permissions `mode`. Throws an OutputError. */
export async function ensureFolder(folder: string, mode?: number): Promise<void> {
  const doing = `create the folder ${folder}`;
  try {
    await makeFolders(path.resolve(folder), mode);
  } catch (error) {
    throw outputError(error, doing);
  }
}

/** Creates a folder for state, and its parents, where missing, for this user alone. Throws an OutputError. */
export async function ensureStateFolder(folder: string): Promise<void> {
  await ensureFolder(folder, 0o700);
  // Folders of earlier versions. One that belongs to another user stays as it is.
  const { mode } = await stat(folder);
  if ((mode & 0o077) !== 0) await chmod(folder, 0o700).catch(() => undefined);
}
