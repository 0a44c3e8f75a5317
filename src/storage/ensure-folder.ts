import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../core/errors.ts';
import { outputError } from './errors.ts';

async function makeFolders(folder: string): Promise<void> {
  // Not mkdir's `recursive`: Node 20 loops forever where a parent exists but cannot contain folders (/proc).
  const make = async (): Promise<void> => {
    await mkdir(folder).catch((error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error;
    });
  };
  try {
    await make();
  } catch (error) {
    const parent = path.dirname(folder);
    if (errnoOf(error) !== 'ENOENT' || parent === folder) throw error;
    await makeFolders(parent);
    await make();
  }
}

/** Creates `folder` and its parents, where missing. Throws an OutputError. */
export async function ensureFolder(folder: string): Promise<void> {
  const doing = `create the folder ${folder}`;
  try {
    await makeFolders(path.resolve(folder));
  } catch (error) {
    throw outputError(error, doing);
  }
}
