import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openRegular, type RegularFile } from '../../core/regular-file.ts';

/** Where this process's open files can be opened again, whatever has become of their paths; undefined where the system has no such place. */
const DESCRIPTORS = process.platform === 'linux' ? `/proc/${process.pid}/fd` : undefined;

/**
 * Opens a file whose real path `check` accepts. What counts is the path of the descriptor: between a check of the path and the opening
 * somebody may have put a link in its place.
 * @param file without links
 */
export async function openChecked(file: string, check: (real: string) => void): Promise<RegularFile> {
  const opened = await openRegular(file, { follow: false });
  try {
    check(DESCRIPTORS === undefined ? await realpath(file) : await realpath(`${DESCRIPTORS}/${opened.handle.fd}`));
    return opened;
  } catch (error) {
    await opened.handle.close();
    throw error;
  }
}

/** A file that other programs of this user can open by a path that always leads to the same file. */
export interface PinnedFile {
  readonly path: string;
  close(): Promise<void>;
}

/** Pins an open file, and takes it over. The path keeps the file's name, because ffmpeg also goes by the extension. */
export async function pinFile({ handle }: RegularFile, file: string): Promise<PinnedFile> {
  if (DESCRIPTORS === undefined) return { path: file, close: () => handle.close() };
  const folder = await mkdtemp(path.join(tmpdir(), 'secondglance-input-'));
  const link = path.join(folder, path.basename(file));
  await symlink(`${DESCRIPTORS}/${handle.fd}`, link);
  return {
    path: link,
    async close() {
      await handle.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
