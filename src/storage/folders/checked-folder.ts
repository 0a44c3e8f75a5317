import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf, SecondGlanceError } from '../../core/errors.ts';
import { OutputError, outputError } from '../errors.ts';
import { ensureFolder } from './ensure-folder.ts';
import { forgetFolder, nameFolder } from './folder-names.ts';

/** Throws for a folder, without links in its path, that may not be written to. */
export type FolderCheck = (real: string) => void;

/** A folder that stays the one that was checked, whatever takes its place meanwhile. */
export interface CheckedFolder {
  /** A path that leads to it until it is closed. */
  readonly path: string;
  close(): Promise<void>;
}

/** Where this process's descriptors are paths, so that names below an open folder can be used without its own path. */
const DESCRIPTORS = process.platform === 'linux' ? `/proc/${process.pid}/fd` : undefined;

async function openFolder(folder: string): Promise<FileHandle> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  return open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

async function existingPart(folder: string): Promise<{ readonly real: string; readonly missing: string[] }> {
  const missing: string[] = [];
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    try {
      if ((await stat(at)).isDirectory()) return { real: await realpath(at), missing };
      throw Object.assign(new Error('ENOTDIR'), { code: 'ENOTDIR' });
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || path.dirname(at) === at) throw error;
    }
    missing.unshift(path.basename(at));
  }
}

/**
 * Opens a folder that `check` accepts, creating it and its parents where missing. What is checked is the open folder: between a check of its path
 * and a write below it somebody may have put a link in its place. Throws an OutputError, and what `check` throws.
 */
export async function openCheckedFolder(folder: string, check: FolderCheck): Promise<CheckedFolder> {
  if (DESCRIPTORS === undefined) {
    await ensureFolder(folder);
    check(await realpath(folder));
    return { path: folder, close: async () => undefined };
  }
  let handle: FileHandle | undefined;
  const pathOf = ({ fd }: FileHandle): string => `${DESCRIPTORS}/${fd}`;
  try {
    const { real, missing } = await existingPart(folder);
    handle = await openFolder(real);
    check(await realpath(pathOf(handle)));
    for (const name of missing) {
      const below = `${pathOf(handle)}/${name}`;
      await mkdir(below).catch((error: unknown) => {
        if (errnoOf(error) !== 'EEXIST') throw error;
      });
      const next = await openFolder(below);
      await handle.close();
      handle = next;
    }
    const opened = handle;
    const place = pathOf(opened);
    nameFolder(place, folder);
    return {
      path: place,
      async close() {
        forgetFolder(place);
        await opened.close();
      },
    };
  } catch (error) {
    await handle?.close();
    if (errnoOf(error) === 'ELOOP') {
      throw new OutputError('output-outside', `${folder} is not written to: a link took its place`, { cause: error });
    }
    throw error instanceof SecondGlanceError ? error : outputError(error, `create the folder ${folder}`);
  }
}
