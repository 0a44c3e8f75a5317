import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { MEDIA_EXTENSIONS, PICTURE_EXTENSIONS } from '../../ingest/sources/sniff.ts';
import type { FolderList } from '../api/schemas/system.ts';
import { RefusedRequestError } from '../errors.ts';
import { type AccessLists, guardOfLists } from './video-source.ts';

/** Entries of a folder that are listed. */
const MOST_ENTRIES = 2000;

function entryOf(name: string, isFolder: boolean): 'folder' | 'video' | undefined {
  if (name.startsWith('.')) return undefined;
  if (isFolder) return 'folder';
  const extension = path.extname(name).toLowerCase();
  return MEDIA_EXTENSIONS.has(extension) || PICTURE_EXTENSIONS.has(extension) ? 'video' : undefined;
}

/** Lists a folder inside an allowed one, or the allowed folders. Links are left out. Throws a GuardError, an IngestError. */
export async function listFolder(input: string | undefined, lists: AccessLists): Promise<FolderList> {
  if (input === undefined) {
    const entries = lists.folders.map((folder) => ({ name: folder, path: folder, kind: 'folder' as const }));
    return { entries, more: false };
  }
  const folder = await (await guardOfLists(lists)).path(input);
  if (!(await stat(folder)).isDirectory()) throw new RefusedRequestError(`${input} is not a folder`);
  const found = await readdir(folder, { withFileTypes: true });
  const shown = found.flatMap((entry) => {
    const kind = entry.isSymbolicLink() ? undefined : entryOf(entry.name, entry.isDirectory());
    return kind === undefined ? [] : [{ name: entry.name, path: path.join(folder, entry.name), kind }];
  });
  shown.sort((a, b) => a.kind.localeCompare(b.kind) || (a.name < b.name ? -1 : 1));
  const entries = await Promise.all(
    shown.slice(0, MOST_ENTRIES).map(async (entry) => {
      const size = entry.kind === 'video' ? (await stat(entry.path).catch(() => undefined))?.size : undefined;
      return { ...entry, ...(size === undefined ? {} : { size }) };
    }),
  );
  return { path: folder, entries, more: shown.length > MOST_ENTRIES };
}
