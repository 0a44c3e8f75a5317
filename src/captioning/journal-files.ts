import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** A journal that no run has touched for so long is not expected to be resumed. */
const KEEP_DAYS = 30;

/** The folder of the journals. */
export function journalFolder(stateDir: string): string {
  return path.join(stateDir, 'journals');
}

/** Deletes journals, and their locks, that were last written 30 days ago or longer. Never throws. */
export async function pruneJournals(stateDir: string): Promise<void> {
  const folder = journalFolder(stateDir);
  const before = Date.now() - KEEP_DAYS * 86_400_000;
  const names = await readdir(folder).catch(() => []);
  await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name);
      const age = await stat(file).catch(() => undefined);
      if (age !== undefined && age.mtimeMs < before) {
        await rm(file, { recursive: true, force: true }).catch(() => undefined);
      }
    }),
  );
}
