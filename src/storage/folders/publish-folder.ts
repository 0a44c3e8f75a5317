import { open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { kindOf } from '../kind-of.ts';
import { removeTempFolder, syncFolder } from '../temp-file.ts';

async function syncFiles(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const handle = await open(path.join(folder, name), 'r+');
    await handle.sync();
    await handle.close();
  }
  await syncFolder(folder);
}

/**
 * Moves a temp folder of files to `target`, durably. `target` is named after its contents, so where it exists it already
 * holds these files, and a playlist may refer to it: it is never removed. Each file is renamed over the existing one,
 * which also repairs a folder that was tampered with; whatever else is in it is removed.
 */
export async function publishFolder(temp: string, target: string): Promise<void> {
  await syncFiles(temp);
  if (kindOf(target) === 'folder') {
    const names = await readdir(temp);
    for (const name of names) {
      const file = path.join(target, name);
      if (kindOf(file) === 'folder') await rm(file, { recursive: true });
      await rename(path.join(temp, name), file);
    }
    const known = new Set(names);
    for (const name of await readdir(target)) {
      if (!known.has(name)) await rm(path.join(target, name), { recursive: true, force: true });
    }
    await removeTempFolder(temp);
    await syncFolder(target);
  } else {
    await rm(target, { force: true });
    await rename(temp, target);
  }
  await syncFolder(path.dirname(target));
}
